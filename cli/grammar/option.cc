#include "cli/grammar/option.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "cli/grammar/go_value.h"
#include "fs/base/error.h"

namespace snapfs {

Binding::Binding(std::string* variable)
    : set_([variable](const std::string& value) { *variable = value; }),
      get_([variable] { return *variable; }) {}

Binding::Binding(std::optional<std::string>* variable)
    : set_([variable](const std::string& value) { *variable = value; }) {}

Binding::Binding(std::vector<std::string>* variable)
    : set_([variable](const std::string& value) { variable->push_back(value); }),
      kind_(Kind::kList) {}

Binding::Binding(bool* variable)
    : set_([variable](const std::string& value) { *variable = parse_boolean(value); }),
      get_([variable] { return std::string(*variable ? "true" : "false"); }),
      value_if_alone_("true"),
      kind_(Kind::kSwitch) {}

Binding::Binding(std::int64_t* variable)
    : set_([variable](const std::string& value) { *variable = parse_integer(value); }),
      get_([variable] { return std::to_string(*variable); }),
      kind_(Kind::kNumber) {}

Binding::Binding(std::uint32_t* variable)
    : set_([variable](const std::string& value) {
        const std::int64_t number = parse_integer(value);
        if (number < 0 || number > std::numeric_limits<std::uint32_t>::max()) {
          throw Error(ErrorCode::kUsage, "a number from 0 on is wanted");
        }
        *variable = static_cast<std::uint32_t>(number);
      }),
      get_([variable] { return std::to_string(*variable); }),
      kind_(Kind::kNumber) {}

Binding::Binding(Setter set) : set_(std::move(set)) {}

Binding Binding::each(Setter set) {
  Binding binding(std::move(set));
  binding.kind_ = Kind::kList;
  return binding;
}

Binding Binding::checked(std::string* variable, std::function<void(const std::string&)> check) {
  Binding binding(variable);
  binding.set_ = [variable, check = std::move(check)](const std::string& value) {
    if (!value.empty()) check(value);
    *variable = value;
  };
  return binding;
}

Binding Binding::count(int* variable) {
  // Not what anybody would write: "=1" sets.
  constexpr const char* kOneMore = "+1";
  Binding binding([variable](const std::string& value) {
    if (value == kOneMore) {
      ++*variable;
      return;
    }
    constexpr std::int64_t kMost = 1000;
    *variable = static_cast<int>(std::clamp(parse_integer(value), -kMost, kMost));
  });
  binding.get_ = [variable] { return std::to_string(*variable); };
  binding.value_if_alone_ = kOneMore;
  binding.kind_ = Kind::kCount;
  return binding;
}

namespace {

/// What the variable holds before anything is given; empty where that is nothing, or a switch.
std::string usual_value(const Binding& binding) {
  if (binding.kind() != Binding::Kind::kText && binding.kind() != Binding::Kind::kNumber) return {};
  std::string value = binding.current();
  return value == "0" ? std::string() : value;
}

}  // namespace

Option::Option(std::string_view names, Binding binding, std::string text)
    : Option(names, std::string(), std::move(binding), std::move(text)) {}

Option::Option(std::string_view names, std::string value_name, Binding binding, std::string text)
    : value_name_(std::move(value_name)),
      binding_(std::move(binding)),
      text_(std::move(text)),
      otherwise_(usual_value(binding_)) {
  while (!names.empty()) {
    const std::size_t comma = std::min(names.find(','), names.size());
    const std::string_view name = names.substr(0, comma);
    if (name.starts_with("--")) {
      names_.emplace_back(name.substr(2));
    } else {
      letter_ = name.at(1);
    }
    names.remove_prefix(std::min(comma + 1, names.size()));
  }
}

Option&& Option::also(std::string_view old_name) && {
  old_names_.emplace_back(old_name.substr(2));
  return std::move(*this);
}

Option&& Option::hidden() && {
  hidden_ = true;
  return std::move(*this);
}

Option&& Option::seldom() && {
  seldom_ = true;
  return std::move(*this);
}

Option&& Option::deprecated(std::string_view instead) && {
  hidden_ = true;
  instead_ = instead;
  return std::move(*this);
}

Option&& Option::variable(std::string_view name) && {
  variables_.emplace_back(name);
  return std::move(*this);
}

Option&& Option::about(std::string_view subject) && {
  subject_ = subject;
  silences_ = true;
  return std::move(*this);
}

Option&& Option::yields_to(std::string_view subject) && {
  subject_ = subject;
  return std::move(*this);
}

Option&& Option::otherwise(std::string_view text) && {
  otherwise_ = text;
  return std::move(*this);
}

bool Option::has_name(std::string_view name) const noexcept {
  return std::ranges::find(names_, name) != names_.end() ||
         std::ranges::find(old_names_, name) != old_names_.end();
}

std::string Option::advice(std::string_view name) const {
  if (!instead_.empty()) return instead_;
  if (std::ranges::find(old_names_, name) != old_names_.end()) return "use " + title();
  return {};
}

}  // namespace snapfs
