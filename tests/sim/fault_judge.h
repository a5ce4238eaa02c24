// Whether what a command said and did fits what happened to it.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "tests/sim/scarcity.h"
#include "tests/sim/stored_world.h"

namespace snapfs::sim {

/// One command on a small repository, and one fault of its storage, or something that it does not
/// get.
struct FaultCase {
  std::size_t command = 0;  ///< of fault_commands()
  StorageFault fault;
  Scarcity scarcity;

  bool is_faultless() const noexcept {
    return fault.call == 0 && scarcity.allocation == 0 && scarcity.thread == 0;
  }
};

/// What a command said and did.
struct Reply {
  int status = 0;
  std::string output = {};
  std::string messages = {};
  std::size_t last_words = 0;  ///< lines that say why it failed
  std::string effect = {};     ///< what is in the repositories and in the directory afterwards
};

/// The text with what differs from run to run left out: durations, and IDs that are new.
std::string comparable(const std::string& text,
                       const std::function<bool(std::string_view id)>& is_new);

/// What is damaged each time it is read is taken for lost by whoever repairs.
bool may_do_otherwise(const FaultCase& fault_case);

/// What is wrong with it in words, or nothing. `faultless` is what the command says and does when
/// nothing happens to it.
std::string judge(const FaultCase& fault_case, const Reply& reply, const Reply& faultless);

}  // namespace snapfs::sim
