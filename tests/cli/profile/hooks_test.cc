// Which hooks are run, in which order, and what they make of the status.
#include "cli/profile/hooks.h"

#include <gmock/gmock.h>

#include "cli/process/signals.h"
#include "cli/profile/settings.h"
#include "tests/cli/profile/profile_bench.h"

namespace snapfs {
namespace {

using test::ScopedVariable;

class HooksAround : public test::ProfileBench {
 protected:
  /// Runs `unlock` with the hooks of [unlock.hooks]; what they wrote to $LOG is in log().
  ExitCode run(const std::string& hooks, const Action& action) {
    options_.profile.reset();
    write("home", "repository = 'rest:http://me:secret@host/'\n[unlock.hooks]\n" + hooks);
    const ParsedLine line = parse_with_profile(program_, options_, {"-P", "home", "unlock"});
    Signals signals;
    return with_hooks(action, options_, line)(signals);
  }

  ExitCode run(const std::string& hooks, ExitCode status) {
    return run(hooks, [this, status](Signals&) {
      std::ofstream(log_path_, std::ios::app) << "command\n";
      return status;
    });
  }

  std::string log() const {
    std::ifstream file(log_path_);
    return {std::istreambuf_iterator<char>(file), {}};
  }

 private:
  const std::string log_path_ = scratch() / "log";
  const ScopedVariable log_variable_{"LOG", log_path_};
};

constexpr const char* kAll =
    "before = ['echo b1 >> $LOG', 'echo b2 >> $LOG']\nafter = 'echo a >> $LOG'\n"
    "failed = 'echo f $SNAPFS_EXIT_STATUS >> $LOG'\n"
    "finally = 'echo z $SNAPFS_EXIT_STATUS >> $LOG'\n";

TEST_F(HooksAround, ACommandThatSucceeds) {
  EXPECT_EQ(run(kAll, ExitCode::kSuccess), ExitCode::kSuccess);
  EXPECT_EQ(log(), "b1\nb2\ncommand\na\nz 0\n");
}

TEST_F(HooksAround, ACommandThatDoesNotQuite) {
  EXPECT_EQ(run(kAll, ExitCode::kIncomplete), ExitCode::kIncomplete);
  EXPECT_EQ(log(), "b1\nb2\ncommand\nf 3\nz 3\n");
}

TEST_F(HooksAround, ACommandThatThrows) {
  const Action action = [](Signals&) -> ExitCode { throw Error(ErrorCode::kLocked, "locked"); };
  EXPECT_EQ(run(kAll, action), ExitCode::kLocked);
  EXPECT_EQ(log(), "b1\nb2\nf 11\nz 11\n");
}

TEST_F(HooksAround, NothingElseIsRunWhenOneBeforeFails) {
  EXPECT_EQ(run("before = ['exit 4', 'echo b2 >> $LOG']\nafter = 'echo a >> $LOG'\n"
                "failed = 'echo f >> $LOG'\nfinally = 'echo z >> $LOG'\n",
                ExitCode::kSuccess),
            ExitCode::kFatal);
  EXPECT_EQ(log(), "f\nz\n");
}

TEST_F(HooksAround, OneThatFailsAfterwardsMakesAFailure) {
  EXPECT_EQ(run("after = 'false'\nfailed = 'echo f >> $LOG'\n", ExitCode::kSuccess),
            ExitCode::kFatal);
  EXPECT_EQ(log(), "command\nf\n");
  EXPECT_EQ(run("finally = 'false'\n", ExitCode::kIncomplete), ExitCode::kFatal);
}

TEST_F(HooksAround, AnInterruptionLeavesOnlyThoseThatCleanUp) {
  const Action action = [](Signals& signals) -> ExitCode {
    signals.stop_because(cancelled_error());
    return ExitCode::kInterrupted;
  };
  EXPECT_EQ(run(kAll, action), ExitCode::kInterrupted);
  EXPECT_EQ(log(), "b1\nb2\nf 130\nz 130\n");
}

TEST_F(HooksAround, KnowWhatIsGoingOnButNoPassword) {
  const Action action = [this](Signals&) {
    options_.on_snapshot("abc");
    return ExitCode::kSuccess;
  };
  const ScopedVariable password("SNAPFS_PASSWORD", "hidden");
  run("after = 'echo $PWD $SNAPFS_PROFILE $SNAPFS_COMMAND $SNAPFS_LOCATION $SNAPFS_SNAPSHOT_ID"
      " x$SNAPFS_PASSWORD >> $LOG'\n",
      action);
  EXPECT_EQ(log(), directory() + " home unlock rest:http://me:***@host/ abc x\n");
}

TEST_F(HooksAround, OfAnInheritedProfileCountKindByKind) {
  write("base", "[unlock.hooks]\nbefore = 'echo base >> $LOG'\nfinally = 'echo end >> $LOG'\n");
  write("home", "inherit = 'base'\n[unlock.hooks]\nbefore = 'echo own >> $LOG'\n");
  const ParsedLine line = parse_with_profile(program_, options_, {"-P", "home", "unlock"});
  Signals signals;
  with_hooks([](Signals&) { return ExitCode::kSuccess; }, options_, line)(signals);
  EXPECT_EQ(log(), "own\nend\n");
}

TEST_F(HooksAround, ADryRunAreNotRun) {
  write("home", "[forget.hooks]\nbefore = 'echo b >> $LOG'\n");
  const ParsedLine line = parse_with_profile(program_, options_, {"-P", "home", "forget", "-n"});
  Signals signals;
  with_hooks([](Signals&) { return ExitCode::kSuccess; }, options_, line)(signals);
  EXPECT_EQ(log(), "");
}

TEST(WorseStatus, IsTheFirstOfThoseThatFailed) {
  EXPECT_EQ(worse(ExitCode::kSuccess, ExitCode::kIncomplete), ExitCode::kIncomplete);
  EXPECT_EQ(worse(ExitCode::kIncomplete, ExitCode::kSuccess), ExitCode::kIncomplete);
  EXPECT_EQ(worse(ExitCode::kIncomplete, ExitCode::kLocked), ExitCode::kLocked);
  EXPECT_EQ(worse(ExitCode::kLocked, ExitCode::kFatal), ExitCode::kLocked);
  EXPECT_EQ(worse(ExitCode::kFatal, ExitCode::kInterrupted), ExitCode::kInterrupted);
}

}  // namespace
}  // namespace snapfs
