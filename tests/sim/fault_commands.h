// The commands that faults are tried with. Every command of the program is here or says why not.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace snapfs::sim {

/// As they are typed, but for words in braces, which fill_in() replaces.
const std::vector<std::string>& fault_commands();

/// The words of one of them.
std::vector<std::string> fill_in(const std::string& line,
                                 const std::map<std::string, std::string>& values);

struct UntriedCommand {
  std::string_view name;  ///< "profile init"
  std::string_view reason;
};
const std::vector<UntriedCommand>& untried_commands();

}  // namespace snapfs::sim
