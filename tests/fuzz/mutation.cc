#include "tests/fuzz/mutation.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

namespace snapfs::test {
namespace {

constexpr std::size_t kLongest = 1 << 16;
constexpr std::size_t kLongestPart = 64;

/// What parsers take for something special.
constexpr std::array<std::string_view, 22> kWords = {std::string_view("\0", 1),
                                                     "\xff",
                                                     "\xff\xff\xff\xff",
                                                     "\xed\xa0\x80",
                                                     "\xef\xbb\xbf",
                                                     std::string_view("\0\0\0\0", 4),
                                                     "\"",
                                                     "\\",
                                                     "\\u0000",
                                                     "\\ud800",
                                                     "{",
                                                     "}",
                                                     "[[[[",
                                                     "]",
                                                     ",",
                                                     "null",
                                                     "-1",
                                                     "18446744073709551616",
                                                     "4294967295",
                                                     "../",
                                                     "\n",
                                                     "%"};

class Mutator {
 public:
  Mutator(const std::vector<std::string>& seeds, std::mt19937_64& random)
      : seeds_(seeds), random_(random), text_(any_seed()) {}

  std::string run() {
    for (std::size_t left = 1 + below(8); left > 0; --left) change();
    if (text_.size() > kLongest) text_.resize(kLongest);
    return std::move(text_);
  }

 private:
  std::size_t below(std::size_t limit) { return limit == 0 ? 0 : random_() % limit; }
  const std::string& any_seed() { return seeds_[below(seeds_.size())]; }
  std::string part_of(const std::string& text) {
    return text.substr(below(text.size() + 1), below(kLongestPart));
  }

  void change() {
    const std::size_t at = below(text_.size() + 1);
    switch (below(8)) {
      case 0:
        if (at < text_.size()) text_[at] = static_cast<char>(text_[at] ^ (1 << below(8)));
        break;
      case 1:
        if (at < text_.size()) text_[at] = static_cast<char>(random_());
        break;
      case 2:
        text_.erase(at, below(kLongestPart));
        break;
      case 3:
        text_.insert(at, part_of(text_));
        break;
      case 4:
        text_.insert(at, part_of(any_seed()));
        break;
      case 5:
        text_.insert(at, kWords[below(kWords.size())]);
        break;
      case 6:
        text_.resize(at);
        break;
      default:
        change_digit(at);
    }
  }

  /// The next digit from there on.
  void change_digit(std::size_t at) {
    const std::size_t digit = text_.find_first_of("0123456789", at);
    if (digit != std::string::npos) text_[digit] = static_cast<char>('0' + below(10));
  }

  const std::vector<std::string>& seeds_;
  std::mt19937_64& random_;
  std::string text_;
};

}  // namespace

std::string mutated(const std::vector<std::string>& seeds, std::mt19937_64& random) {
  return Mutator(seeds, random).run();
}

}  // namespace snapfs::test
