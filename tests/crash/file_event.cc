// An event is a line of its numbers, then its strings, one after the other, of the lengths that the
// line says.
#include "tests/crash/file_event.h"

#include <array>
#include <stdexcept>

#include <fmt/format.h>

namespace snapfs::test {
namespace {

constexpr std::array<std::string_view, 11> kNames = {"create", "mkdir",   "write", "resize",
                                                     "sync",   "rename",  "link",  "unlink",
                                                     "rmdir",  "symlink", "tell"};

std::string read_string(std::istream& in, std::size_t length) {
  std::string text(length, '\0');
  if (!in.read(text.data(), static_cast<std::streamsize>(length))) {
    throw std::runtime_error("the log of events ends in the middle of one");
  }
  return text;
}

}  // namespace

std::string_view name_of(EventKind kind) { return kNames.at(static_cast<std::size_t>(kind)); }

std::string to_text(const FileEvent& event) {
  std::string text = fmt::format("{} {}", name_of(event.kind), event.path);
  if (!event.other.empty()) text += " " + event.other;
  if (event.kind == EventKind::kWrite || event.kind == EventKind::kResize) {
    text += fmt::format(" at {}, {} bytes", event.offset, event.data.size());
  }
  return text;
}

void write_event(std::ostream& out, const FileEvent& event) {
  out << fmt::format("{} {} {} {} {}\n", static_cast<int>(event.kind), event.offset,
                     event.path.size(), event.other.size(), event.data.size())
      << event.path << event.other << event.data << '\n';
}

std::vector<FileEvent> read_events(std::istream& in) {
  std::vector<FileEvent> events;
  std::size_t kind = 0;
  while (in >> kind) {
    FileEvent event;
    std::size_t path = 0;
    std::size_t other = 0;
    std::size_t data = 0;
    if (kind >= kNames.size() || !(in >> event.offset >> path >> other >> data)) {
      throw std::runtime_error("this is no log of events");
    }
    event.kind = static_cast<EventKind>(kind);
    in.get();
    event.path = read_string(in, path);
    event.other = read_string(in, other);
    event.data = read_string(in, data);
    events.push_back(std::move(event));
  }
  return events;
}

}  // namespace snapfs::test
