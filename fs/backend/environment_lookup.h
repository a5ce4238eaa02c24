// The environment, for what is configured by variables that other programs know, too. Nothing in fs
// reads it by itself.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace snapfs {

/// The value of an environment variable; nothing when it is not set or empty. Thread-safe as long
/// as nobody changes the environment.
using EnvironmentLookup = std::function<std::optional<std::string>(std::string_view name)>;

}  // namespace snapfs
