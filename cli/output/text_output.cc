#include "cli/output/text_output.h"

#include <unistd.h>

#include "cli/output/display_text.h"
#include "cli/output/output.h"

namespace snapfs {
namespace {

constexpr std::size_t kPieceBytes = 64 << 10;

}  // namespace

TextOutput::TextOutput() : terminal_(::isatty(STDOUT_FILENO) == 1) {}

void TextOutput::write(std::string_view lines) {
  pending_ += lines;
  if (terminal_ || pending_.size() >= kPieceBytes) finish();
}

void TextOutput::finish() {
  if (pending_.empty()) return;
  print(pending_);
  pending_.clear();
}

std::string TextOutput::name(std::string_view name) const {
  return terminal_ ? displayable(name) : std::string(name);
}

}  // namespace snapfs
