#include "archiver/freeze/program_output.h"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include <fmt/format.h>

#include "fs/base/error.h"
#include "fs/base/utf8.h"
#include "fs/process/child_process.h"

namespace snapfs {
namespace {

/// Both at once: a program that is not read waits.
void read_both(const ChildProcess& child, std::string& output, std::string& errors) {
  std::array<pollfd, 2> pipes{pollfd{child.output(), POLLIN, 0}, pollfd{child.errors(), POLLIN, 0}};
  const std::array<std::string*, 2> texts{&output, &errors};
  while (pipes[0].fd >= 0 || pipes[1].fd >= 0) {
    if (::poll(pipes.data(), pipes.size(), -1) < 0 && errno != EINTR) {
      throw_errno(errno, "read from", "the program");
    }
    for (std::size_t i = 0; i < pipes.size(); ++i) {
      if (pipes[i].fd < 0 || pipes[i].revents == 0) continue;
      std::array<char, 4096> buffer;
      const ssize_t size = ::read(pipes[i].fd, buffer.data(), buffer.size());
      if (size > 0) {
        texts[i]->append(buffer.data(), static_cast<std::size_t>(size));
      } else if (size == 0 || errno != EINTR) {
        pipes[i].fd = -1;
      }
    }
  }
}

}  // namespace

std::string program_output(const std::vector<std::string>& arguments) {
  ChildProcess child(arguments, {.input = ChildInput::kNone,
                                 .output = ChildOutput::kPipe,
                                 .errors = ChildErrors::kPipe,
                                 .terminal = ChildTerminal::kNone,
                                 .secrets = ChildSecrets::kNone,
                                 .variables = {"LC_ALL=C", "LVM_SUPPRESS_FD_WARNINGS=1"},
                                 .directory = {}});
  std::string output;
  std::string errors;
  read_both(child, output, errors);
  const int status = child.wait();
  if (status == 0) return output;
  const std::vector<std::string> lines = lines_of(errors);
  throw Error(ErrorCode::kIo,
              fmt::format("{} failed with status {}{}{}", arguments.front(), status,
                          lines.empty() ? "" : ": ", lines.empty() ? "" : lines.back()));
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  for (std::string& line : fields_of(text, '\n')) {
    if (!line.empty()) lines.push_back(std::move(line));
  }
  return lines;
}

std::vector<std::string> fields_of(std::string_view line, char separator) {
  std::vector<std::string> fields;
  for (;;) {
    const std::size_t end = line.find(separator);
    fields.emplace_back(trim_white_space(line.substr(0, end)));
    if (end == std::string_view::npos) return fields;
    line.remove_prefix(end + 1);
  }
}

}  // namespace snapfs
