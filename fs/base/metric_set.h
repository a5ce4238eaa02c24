// Figures for a monitoring system, as text in Prometheus' exposition format, version 0.0.4
// (https://prometheus.io/docs/instrumenting/exposition_formats/). Which figures there are is said
// by those who have them.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace snapfs {

/// A figure's name, kind and meaning. A value; the texts are literals.
struct MetricFamily {
  std::string_view name;  ///< "snapfs_run_duration_seconds": [a-zA-Z_][a-zA-Z0-9_]*
  std::string_view type;  ///< "gauge" or "counter"
  std::string_view help;  ///< one line
};

/// What tells one figure of a family from the others: names and values. Values are any text.
using MetricLabels = std::map<std::string, std::string>;

/// Samples by family. Not thread-safe.
class MetricSet {
 public:
  /// Adds a sample, or replaces the one of the same family and labels.
  void set(const MetricFamily& family, const MetricLabels& labels, double value);
  void set(const MetricFamily& family, const MetricLabels& labels, std::uint64_t value);

  /// Takes all of `newer`. Of its families, what is here goes where `replaced` says so of the
  /// labels.
  void update(const MetricSet& newer, const std::function<bool(const MetricLabels&)>& replaced);

  /// Families in the order of their names, each with its HELP and TYPE.
  std::string text() const;

  /// Reads what text() wrote. Throws Error{kUnsupported} for anything else, with the number of the
  /// line.
  static MetricSet parse(std::string_view text);

 private:
  struct Family {
    std::string type;
    std::string help;
    std::map<MetricLabels, std::string> samples;
  };

  void set_text(const MetricFamily& family, const MetricLabels& labels, std::string value);

  std::map<std::string, Family, std::less<>> families_;
};

}  // namespace snapfs
