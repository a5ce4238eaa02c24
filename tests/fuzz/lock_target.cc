// Locks: what is read and written again is the same.
#include "fs/repo/lock_info.h"
#include "fs/repo/stale_locks.h"
#include "tests/fuzz/fuzz_target.h"

namespace snapfs::test {

void fuzz_one(ByteView input) {
  const auto lock = accepted(kDocumentCodes, [&] { return parse_lock(input); });
  if (!lock) return;
  (void)is_stale(*lock, LockWitness::of_this_host({1'700'000'000, 0}));
  const std::string again = encode_lock(*lock);
  require(encode_lock(parse_lock(as_bytes(again))) == again,
          "what is written is read as what was written");
}

std::vector<std::string> fuzz_seeds() {
  LockInfo lock;
  lock.time = {{1'700'000'000, 5}, 3600};
  lock.hostname = "host";
  lock.username = "me";
  lock.pid = 4711;
  LockInfo mounted = LockInfo::of_process(LockMode::kExclusive, lock.time);
  mounted.mountpoint = "/mnt/\xc3\xa4";
  return {
      encode_lock(lock), encode_lock(mounted),
      R"({"TIME":"2026-01-01T00:00:00+14:00","exclusive":null,"pid":0,"uid":4294967295,"x":{}})"};
}

}  // namespace snapfs::test
