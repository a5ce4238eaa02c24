// Snapshots: what is read and written again is the same.
#include "fs/tree/snapshot.h"
#include "tests/fuzz/fuzz_target.h"

namespace snapfs::test {

void fuzz_one(ByteView input) {
  const Id id{{7}};
  const auto snapshot = accepted(kDocumentCodes, [&] { return parse_snapshot(id, input); });
  if (!snapshot) return;
  (void)is_partial(*snapshot);
  const std::string again = encode_snapshot(*snapshot);
  require(parse_snapshot(id, as_bytes(again)) == *snapshot,
          "what is written is read as what was written");
}

std::vector<std::string> fuzz_seeds() {
  Snapshot full;
  full.time = {{1'700'000'000, 123'000'000}, 3600};
  full.parent = Id{{1}};
  full.tree = Id{{2}};
  full.paths = {"/home/me", "/etc"};
  full.hostname = "host";
  full.username = "me";
  full.uid = full.gid = 1000;
  full.excludes = {"*.o"};
  full.tags = {std::string(kPartialTag), "b"};
  full.original = Id{{3}};
  full.program_version = "snapfs 0.1.0";
  full.summary.emplace().files_new = 5;
  Snapshot small;
  small.tree = Id{{2}};
  return {encode_snapshot(full), encode_snapshot(small),
          R"({"Time":"0000-01-01T00:00:00-23:59","TREE":")" + std::string(64, 'a') +
              R"(","uid":null,"tags":["\ud800"],"new":{"x":[1e5]},"summary":{"files_new":1}})"};
}

}  // namespace snapfs::test
