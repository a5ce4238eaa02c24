// From version 1 to 2.
#include "fs/repo/upgrade.h"

#include <gtest/gtest.h>

#include "fs/backend/memory.h"
#include "fs/repo/repository.h"
#include "tests/support/fails_with.h"
#include "tests/support/fault_backend.h"
#include "tests/support/quick_init.h"

namespace snapfs {
namespace {

using test::fails_with;
using test::FaultBackend;

Config init_version_1(Backend& backend) {
  InitOptions options = kQuickInit;
  options.version = 1;
  return Repository::init(backend, as_bytes("x"), options, {});
}

TEST(Upgrade, OnlyTheVersionChanges) {
  MemoryBackend backend;
  const Config before = init_version_1(backend);
  Repository repository(backend, as_bytes("x"), OpenOptions{}, {});
  EXPECT_TRUE(can_upgrade(repository));
  const Id snapshot = repository.save_file(FileKind::kSnapshot, as_bytes("{}"), {});
  upgrade_to_version_2(repository, {});

  Repository upgraded(backend, as_bytes("x"), OpenOptions{}, {});
  EXPECT_EQ(upgraded.config().version, 2U);
  EXPECT_EQ(upgraded.config().id, before.id);
  EXPECT_EQ(upgraded.config().chunker_polynomial, before.chunker_polynomial);
  EXPECT_EQ(as_text(upgraded.load_file({FileKind::kSnapshot, snapshot}, {})), "{}");
  EXPECT_FALSE(can_upgrade(upgraded));
  EXPECT_TRUE(
      fails_with(ErrorCode::kUsage, "already", [&] { upgrade_to_version_2(upgraded, {}); }));
}

TEST(Upgrade, KeepsTheFieldsOfOtherPrograms) {
  MemoryBackend backend;
  Config config = init_version_1(backend);
  config.others = R"("compression":7,"unknown":{"a":[]})";
  {
    Repository repository(backend, as_bytes("x"), OpenOptions{}, {});
    repository.files().save(FileKey::config(), seal_config(config, repository.master_keys()), {});
  }
  Repository repository(backend, as_bytes("x"), OpenOptions{}, {});
  upgrade_to_version_2(repository, {});
  const Repository upgraded(backend, as_bytes("x"), OpenOptions{}, {});
  EXPECT_EQ(upgraded.config().version, 2U);
  EXPECT_EQ(upgraded.config().others, config.others);
}

TEST(Upgrade, KilledAnywhereItOpens) {
  for (std::size_t nth = 1;; ++nth) {
    SCOPED_TRACE(nth);
    MemoryBackend memory;
    const Config before = init_version_1(memory);
    FaultBackend backend(memory);
    Repository repository(backend, as_bytes("x"), OpenOptions{}, {});
    backend.freeze_at(nth);
    try {
      upgrade_to_version_2(repository, {});
    } catch (const Error&) {
    }
    const bool killed = backend.thaw();
    const Repository reopened(memory, as_bytes("x"), OpenOptions{}, {});
    EXPECT_EQ(reopened.config().id, before.id);
    EXPECT_EQ(reopened.config().version, nth == 1 ? 1U : 2U);
    if (!killed) {
      EXPECT_EQ(nth, 3U);
      return;
    }
  }
}

}  // namespace
}  // namespace snapfs
