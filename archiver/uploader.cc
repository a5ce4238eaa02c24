#include "archiver/uploader.h"

#include <utility>

namespace snapfs {

Uploader::Uploader(const Executor& executor, Tomb& tomb, PackSink& stored, std::size_t connections,
                   std::size_t queue_bytes)
    : tomb_(tomb),
      stored_(stored),
      packs_(tomb, queue_bytes),
      workers_(executor.start(tomb, {.name = "upload", .threads = connections},
                              [this](std::size_t) { upload(); })) {}

void Uploader::submit(FinishedPack pack, StopToken /*stop*/) {
  const std::size_t bytes = pack.bytes.size();
  if (!packs_.push(std::move(pack), bytes)) throw cancelled_error();
}

void Uploader::finish() {
  packs_.close();
  workers_->join();
}

void Uploader::upload() {
  while (std::optional<FinishedPack> pack = packs_.pop()) {
    stored_.submit(*std::move(pack), tomb_.token());
  }
}

}  // namespace snapfs
