// One FaultCase: a small repository, a command to which something happens, and what is left.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "tests/sim/aftermath.h"
#include "tests/sim/fault_judge.h"
#include "tests/sim/stored_world.h"
#include "tests/sim/users.h"
#include "tests/sim/world.h"
#include "tests/support/temporary_directory.h"

namespace snapfs::sim {

class FaultTrial {
 public:
  /// Of the first host of the users.
  FaultTrial(World& world, StoredWorld& stored, Users& users, const FaultCase& fault_case);

  ~FaultTrial();
  FaultTrial(const FaultTrial&) = delete;
  FaultTrial& operator=(const FaultTrial&) = delete;

  /// `faultless` is what the command replies otherwise; null: nobody knows yet.
  Reply run(PlantedBug bug, const Reply* faultless);

  /// From whatever fiber had no memory to go on: the process of the command ends there, and what it
  /// leaves is looked at. Null when there is no trial.
  static FaultTrial* current() noexcept;
  void end_here();

 private:
  const Host& host() const { return *users_.hosts().front(); }
  bool begins_with(std::string_view words) const { return line_.starts_with(words); }

  void end_trouble();
  void prepare();
  void make_repositories();
  Outcome call(const std::shared_ptr<Process>& process);
  std::map<std::string, std::string> values();
  Reply reply_of(const Outcome& outcome);
  std::string effect();
  std::string directory_text() const;
  void verify();
  void verify_second();
  void verify_new();

  World& world_;
  StoredWorld& stored_;
  Users& users_;
  const FaultCase& case_;
  const std::string& line_;
  Aftermath aftermath_;
  std::shared_ptr<Process> process_;  ///< of the command
  const Reply* faultless_ = nullptr;
  const test::TemporaryDirectory directory_;
};

}  // namespace snapfs::sim
