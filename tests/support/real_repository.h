// A repository that restic 0.19.1 wrote, file by file, password "x" (FORMAT, appendix A.2). Its one
// index file is of another pack than the one that is here.
#pragma once

#include <string_view>

#include "fs/backend/backend.h"
#include "fs/crypto/keys.h"
#include "tests/support/hex_bytes.h"

namespace snapfs::test {

inline constexpr std::string_view kRealKeyId =
    "8bd06d249c9449e0d8821fa2a71b8fce0b77622a457b1b9ebdf25875a9befcfe";
inline constexpr std::string_view kRealKey =
    R"({"created":"2026-11-22T23:37:41.822101902Z","username":"root","hostname":"vm",)"
    R"("kdf":"scrypt","N":32768,"r":8,"p":4,"salt":"yhvcSuHyqHZcMtCClC3NoV1LeEYFfZHWZenaAU5hCqzI)"
    R"(mLo9gXNJeDbgC/Nb4bLgXmWW6StCyWSHUT6oRHT+pw==","data":"wm/lOitz+gIxzRCsR1BXMJ67rKFIJNl/JUvX)"
    R"(OqNVxPXCwPUlRLissgzc5TjXLN+dgW0WemD2bn6tyVv0d80v/4pdnrVZt3hGS1MF9smCSp1SPVCKtx7BDyYHHK1VMIYv)"
    R"(Vdxp0NVztjZs4coKSKqy/5PPVYVOH5tMywrfS/VcMhziVXaCtbSXV8xJCWVHVBEIWspk95lFSsoGVJ3P43TyvA=="})";

/// Master keys: E ‖ k ‖ r.
inline constexpr std::string_view kRealMaster =
    "0cdadad7a43d154f3d4d0d9c4330585197b8eed22b0a741416b0cdaa44f58570"
    "8edcbc965ea70dca1591e746acbe0ae4fef7c9718178585bdf4c408f044c8eeb";

inline constexpr std::string_view kRealConfig =
    "5734caa4ba58fa3ca517360ea202a5a8e1ccf99702bb313befdfbfbc80f3cc4fe49b00bd17036d81e4f8f38c720fb1"
    "3e46d5f81078ba16568254961d49647e1031eeaa7bb7a2c5e881c281c053693959b8b9f284eefdc113cb4ecc700246"
    "2fc72ef45fa6fdac84beadaffbb7369eb44cd10fb23f3fbb198aa5b27022c8a2be21191aa17e8582bff1f83bd019cf"
    "48c37adf9803e4aeab29fa6fcf22";
inline constexpr std::string_view kRealConfigJson =
    R"({"version":2,"id":"c147214ff7ee160791da6d59ef7ba70bc0da58a2dd35c2004ae2ae3476a723fd",)"
    R"("chunker_polynomial":"2fd233e2511bfd"})";

inline constexpr std::string_view kRealPackId =
    "3aefad5d4cc1058e64e40ca21cbbd07151a25128dbd19add59544cbcd3b6b6f3";
inline constexpr std::string_view kRealPack =
    "41c909f2a70b2c5f5da0eca2bec9743eae9432b69149438161a683a294bf3dac1db629b09d91ae6735c4692382e020"
    "4ba96e09e32cb42b89c8bf59b442a046e765eb1ac90a73bf772d9ffbf3969045717463c0072933eeaa335a7a100666"
    "168b9c1916eac9c6c16ee1c2c68a81ce2fb0390f0e9d2149000000";
inline constexpr std::string_view kRealBlobId =
    "98ea6e4f216f2fb4b69fff9b3a44842c38686ca685f3f55dc48c5d3fb1107be4";

inline constexpr std::string_view kRealIndexId =
    "cce9a6e223296596e113b1898fd43290b7f31fd424bdb85b804fab47bebc62e8";
inline constexpr std::string_view kRealIndex =
    "83fd204e74f7c1334720332441db4d74a7cde49a8a5560c883b8a7cd38cec8a81c33e62c27d106d3b11bcbfd4a370c"
    "bf4da293ae037c5c7c70eb4560b9149f9ca28700ae5b521f0edb451f872c7a1746420e6eea52afa4d6a77f15fc46ce"
    "ec8d7ecfbe90127c25c0da6746effe9c0acf45c07f9987b8338ac9a47c792ed0a58cb09c33bbfeecf953d92af50591"
    "9665f246faf8dafbe3d54c8867f8337d72f86480c8f9e6d5ac9e5aa99662afa00ddab3bacebd6bb0dbab4658427d1f"
    "fb3dbfb88810dac8b033669fb45e9842671707b14ee9294f3fb2";
inline constexpr std::string_view kRealIndexJson =
    R"({"packs":[{"id":"827dbf6c0cb427938af8a0e0dc1d8de6730338df689b73754b6b69b47c006b05","blobs":)"
    R"([{"id":"f7d42a4fe0e82b86a5d5bea110445e692516d6397ff612c59b69eed1f216c5e6","type":"tree",)"
    R"("offset":0,"length":248,"uncompressed_length":351}]}]})"
    "\n";

inline Keys real_master() { return Keys(SecureBytes::copy_of(from_hex(kRealMaster))); }

inline void save_real_repository(Backend& backend) {
  backend.save({FileKind::kKey, *Id::parse(kRealKeyId)}, as_bytes(kRealKey), {});
  backend.save({FileKind::kPack, *Id::parse(kRealPackId)}, from_hex(kRealPack), {});
  backend.save({FileKind::kIndex, *Id::parse(kRealIndexId)}, from_hex(kRealIndex), {});
  backend.save(FileKey::config(), from_hex(kRealConfig), {});
}

}  // namespace snapfs::test
