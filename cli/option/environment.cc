#include "cli/option/environment.h"

#include <cstdlib>

namespace snapfs {

std::optional<std::string> environment_setting(std::string_view prefix, std::string_view name) {
  const std::string variable = std::string(prefix).append(name);
  const char* value = std::getenv(variable.c_str());
  if (value == nullptr || *value == '\0') return std::nullopt;
  return value;
}

std::optional<std::string> environment_setting(std::string_view name) {
  for (const std::string_view prefix : kVariablePrefixes) {
    if (auto value = environment_setting(prefix, name)) return value;
  }
  return std::nullopt;
}

}  // namespace snapfs
