#include "cli/process/command_stream.h"

#include <chrono>
#include <utility>

#include <fmt/format.h>

#include "fs/process/child_process.h"

namespace snapfs {
namespace {

/// How long a command may take to clean up after it was told to end.
constexpr std::chrono::seconds kGrace{5};

class CommandStream final : public ByteStream {
 public:
  CommandStream(const std::vector<std::string>& arguments, StopToken stop)
      : name_(arguments.front()),
        stop_(std::move(stop)),
        child_(arguments, {.input = ChildInput::kNone}),
        output_(make_descriptor_stream(child_.output(), fmt::format("the output of {}", name_),
                                       stop_)) {}
  ~CommandStream() override { child_.terminate(kGrace); }
  CommandStream(const CommandStream&) = delete;
  CommandStream& operator=(const CommandStream&) = delete;

  std::size_t read(MutByteView out) override {
    const std::size_t count = output_->read(out);
    if (count == 0) require_success();
    return count;
  }

 private:
  void require_success() {
    const int status = child_.wait(stop_);
    if (status == 0) return;
    throw Error(ErrorCode::kIo,
                fmt::format("{} failed with status {}: no snapshot was taken", name_, status),
                name_);
  }

  std::string name_;
  StopToken stop_;
  ChildProcess child_;
  std::unique_ptr<ByteStream> output_;
};

}  // namespace

std::unique_ptr<ByteStream> run_for_output(const std::vector<std::string>& arguments,
                                           StopToken stop) {
  return std::make_unique<CommandStream>(arguments, std::move(stop));
}

}  // namespace snapfs
