#include "cli/grammar/suggestion.h"

#include <algorithm>
#include <utility>

namespace snapfs {
namespace {

constexpr std::size_t kMostSlips = 2;
constexpr std::size_t kMostWords = 3;
constexpr std::size_t kMinPrefix = 3;

/// A word of three letters with two slips is another word.
std::size_t slips_allowed(std::string_view word) {
  return std::min(kMostSlips, (word.size() + 1) / 3);
}

}  // namespace

std::size_t edit_distance(std::string_view left, std::string_view right) {
  // Three rows of the table: this one and the two above, for a swap looks back by two.
  std::vector<std::size_t> before_last(right.size() + 1);
  std::vector<std::size_t> last(right.size() + 1);
  std::vector<std::size_t> row(right.size() + 1);
  for (std::size_t j = 0; j <= right.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= left.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= right.size(); ++j) {
      const std::size_t replaced = last[j - 1] + (left[i - 1] == right[j - 1] ? 0 : 1);
      row[j] = std::min({replaced, last[j] + 1, row[j - 1] + 1});
      if (i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1]) {
        row[j] = std::min(row[j], before_last[j - 2] + 1);
      }
    }
    std::swap(before_last, last);
    std::swap(last, row);
  }
  return last[right.size()];
}

std::vector<std::string> similar_words(std::string_view word,
                                       const std::vector<std::string>& words) {
  std::vector<std::pair<std::size_t, std::string>> found;
  for (const std::string& candidate : words) {
    const std::size_t distance = edit_distance(word, candidate);
    const bool is_beginning = word.size() >= kMinPrefix && candidate.starts_with(word);
    if (distance <= slips_allowed(word) || is_beginning) found.emplace_back(distance, candidate);
  }
  std::ranges::sort(found);
  // The program and the command may have the same.
  found.erase(std::unique(found.begin(), found.end()), found.end());
  if (found.size() > kMostWords) found.resize(kMostWords);
  std::vector<std::string> result;
  result.reserve(found.size());
  for (auto& [distance, candidate] : found) result.push_back(std::move(candidate));
  return result;
}

}  // namespace snapfs
