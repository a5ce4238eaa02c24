#include "fs/base/metric_set.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include <fmt/format.h>

#include "fs/base/error.h"

namespace snapfs {
namespace {

/// What HELP lines and the values of labels escape; quotes in labels only.
std::string escaped(std::string_view text, bool quotes) {
  std::string out;
  for (const char c : text) {
    if (c == '\\') {
      out += "\\\\";
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '"' && quotes) {
      out += "\\\"";
    } else {
      out += c;
    }
  }
  return out;
}

std::string value_text(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  return fmt::format("{}", value);
}

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/// Takes the line apart from its beginning on.
class LineReader {
 public:
  explicit LineReader(std::string_view line) : rest_(line) {}

  bool skip(std::string_view expected) {
    if (!rest_.starts_with(expected)) return false;
    rest_.remove_prefix(expected.size());
    return true;
  }

  std::string name() {
    const auto* const end = std::ranges::find_if_not(rest_, is_name_character);
    std::string name(rest_.begin(), end);
    rest_.remove_prefix(name.size());
    return name;
  }

  /// Up to the end of a quoted text, whose first quote was skipped.
  std::optional<std::string> quoted() {
    std::string text;
    while (!rest_.empty()) {
      const char c = take();
      if (c == '"') return text;
      if (c != '\\') {
        text += c;
        continue;
      }
      if (rest_.empty()) break;
      const char escaped = take();
      text += escaped == 'n' ? '\n' : escaped;
    }
    return std::nullopt;
  }

  std::string rest() const { return std::string(rest_); }

  /// To the end of the line, with what HELP lines escape.
  std::string help() {
    std::string text;
    while (!rest_.empty()) {
      const char c = take();
      if (c != '\\' || rest_.empty()) {
        text += c;
      } else {
        const char escaped = take();
        text += escaped == 'n' ? '\n' : escaped;
      }
    }
    return text;
  }

 private:
  char take() {
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }

  std::string_view rest_;
};

std::optional<MetricLabels> read_labels(LineReader& line) {
  MetricLabels labels;
  if (!line.skip("{")) return labels;
  while (!line.skip("}")) {
    const std::string name = line.name();
    if (name.empty() || !line.skip("=\"")) return std::nullopt;
    std::optional<std::string> value = line.quoted();
    if (!value) return std::nullopt;
    labels.emplace(name, *std::move(value));
    line.skip(",");
  }
  return labels;
}

bool is_value(const std::string& text) {
  if (text == "NaN" || text == "+Inf" || text == "-Inf") return true;
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

std::string labels_text(const MetricLabels& labels) {
  if (labels.empty()) return "";
  std::string text;
  for (const auto& [name, value] : labels) {
    text += fmt::format("{}{}=\"{}\"", text.empty() ? "{" : ",", name, escaped(value, true));
  }
  return text + "}";
}

}  // namespace

void MetricSet::set_text(const MetricFamily& family, const MetricLabels& labels,
                         std::string value) {
  Family& known = families_[std::string(family.name)];
  known.type = family.type;
  known.help = family.help;
  known.samples.insert_or_assign(labels, std::move(value));
}

void MetricSet::set(const MetricFamily& family, const MetricLabels& labels, double value) {
  set_text(family, labels, value_text(value));
}

void MetricSet::set(const MetricFamily& family, const MetricLabels& labels, std::uint64_t value) {
  set_text(family, labels, std::to_string(value));
}

void MetricSet::update(const MetricSet& newer,
                       const std::function<bool(const MetricLabels&)>& replaced) {
  for (const auto& [name, family] : newer.families_) {
    Family& mine = families_[name];
    mine.type = family.type;
    mine.help = family.help;
    std::erase_if(mine.samples, [&](const auto& sample) { return replaced(sample.first); });
    for (const auto& [labels, value] : family.samples) {
      mine.samples.insert_or_assign(labels, value);
    }
  }
}

std::string MetricSet::text() const {
  std::string text;
  for (const auto& [name, family] : families_) {
    if (family.samples.empty()) continue;
    text += fmt::format("# HELP {0} {1}\n# TYPE {0} {2}\n", name, escaped(family.help, false),
                        family.type);
    for (const auto& [labels, value] : family.samples) {
      text += fmt::format("{}{} {}\n", name, labels_text(labels), value);
    }
  }
  return text;
}

MetricSet MetricSet::parse(std::string_view text) {
  MetricSet set;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const auto refuse = [number] {
      throw Error(ErrorCode::kUnsupported,
                  fmt::format("line {} is not as this program writes metrics", number));
    };
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) refuse();
    LineReader line(text.substr(0, end));
    text.remove_prefix(end + 1);
    const bool is_help = line.skip("# HELP ");
    if (is_help || line.skip("# TYPE ")) {
      Family& family = set.families_[line.name()];
      if (!line.skip(" ")) refuse();
      (is_help ? family.help : family.type) = is_help ? line.help() : line.rest();
      continue;
    }
    const std::string name = line.name();
    const auto family = set.families_.find(name);
    const std::optional<MetricLabels> labels = read_labels(line);
    if (name.empty() || family == set.families_.end() || !labels || !line.skip(" ") ||
        !is_value(line.rest())) {
      refuse();
    }
    family->second.samples.insert_or_assign(*labels, line.rest());
  }
  return set;
}

}  // namespace snapfs
