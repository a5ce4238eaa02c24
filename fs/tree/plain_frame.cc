#include "fs/tree/plain_frame.h"

#include "fs/tree/tree_builder.h"

namespace snapfs {
namespace {

/// Behind the closing quote of the string whose opening one is there; npos when there is none.
std::size_t end_of_string(std::string_view text, std::size_t at) noexcept {
  for (std::size_t quote = text.find('"', at + 1); quote != std::string_view::npos;
       quote = text.find('"', quote + 1)) {
    const std::size_t before = text.find_last_not_of('\\', quote - 1);
    if ((quote - before) % 2 == 1) return quote + 1;
  }
  return std::string_view::npos;
}

/// Behind the closing brace of the object that begins there; npos when there is none.
std::size_t end_of_object(std::string_view text, std::size_t at) noexcept {
  std::size_t depth = 0;
  while (at < text.size()) {
    const char c = text[at];
    if (c == '"') {
      at = end_of_string(text, at);
      continue;
    }
    ++at;
    if (c == '{') ++depth;
    if (c == '}' && --depth == 0) return at;
  }
  return std::string_view::npos;
}

}  // namespace

std::optional<std::string_view> PlainFrame::next() noexcept {
  std::string_view expected = ",";
  if (at_ == 0) expected = TreeBuilder::kOpening;
  if (!text_.substr(at_).starts_with(expected)) return std::nullopt;
  const std::size_t begin = at_ + expected.size();
  if (begin == text_.size() || text_[begin] != '{') return std::nullopt;
  const std::size_t end = end_of_object(text_, begin);
  if (end == std::string_view::npos) return std::nullopt;
  at_ = end;
  return text_.substr(begin, end - begin);
}

bool PlainFrame::is_at_end() const noexcept { return text_.substr(at_) == TreeBuilder::kClosing; }

bool PlainFrame::fits(std::string_view text) noexcept {
  PlainFrame frame(text);
  while (frame.next()) continue;
  return frame.is_at_end();
}

}  // namespace snapfs
