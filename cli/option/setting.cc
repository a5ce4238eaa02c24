#include "cli/option/setting.h"

#include <cstdlib>

#include "cli/grammar/option.h"

namespace snapfs {

std::optional<std::string> variable_value(const std::string& variable) {
  const char* value = std::getenv(variable.c_str());
  if (value == nullptr || *value == '\0') return std::nullopt;
  return value;
}

std::optional<std::string> environment_setting(std::string_view prefix, std::string_view name) {
  return variable_value(std::string(prefix).append(name));
}

std::optional<std::string> environment_setting(std::string_view name) {
  for (const std::string_view prefix : kVariablePrefixes) {
    if (auto value = environment_setting(prefix, name)) return value;
  }
  return std::nullopt;
}

std::optional<std::string> variable_in_use(const Option& option) {
  for (const std::string_view prefix : kVariablePrefixes) {
    for (const std::string& name : option.variables()) {
      if (environment_setting(prefix, name)) return std::string(prefix).append(name);
    }
  }
  return std::nullopt;
}

std::string setting(const std::string& option, std::string_view variable,
                    std::string_view otherwise) {
  if (!option.empty()) return option;
  return environment_setting(variable).value_or(std::string(otherwise));
}

std::optional<std::string> setting(const std::optional<std::string>& option,
                                   std::string_view variable) {
  return option ? option : environment_setting(variable);
}

}  // namespace snapfs
