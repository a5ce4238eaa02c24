#include "archiver/uploader.h"

#include <utility>

namespace snapfs {

Uploader::Uploader(const Executor& executor, Tomb& tomb, PackSink& stored, std::size_t connections,
                   std::size_t in_flight_bytes)
    : tomb_(tomb),
      stored_(stored),
      in_flight_(tomb, in_flight_bytes),
      packs_(tomb, in_flight_bytes),
      workers_(executor.start(tomb, {.name = "upload", .threads = connections},
                              [this](std::size_t) { upload(); })) {}

void Uploader::submit(FinishedPack pack, StopToken /*stop*/) {
  Permit permit = in_flight_.acquire(pack.bytes.size());
  if (!permit || !packs_.push({std::move(pack), std::move(permit)})) throw cancelled_error();
}

void Uploader::wait_for_room(const StopToken& /*stop*/) {
  if (!in_flight_.acquire(1)) throw cancelled_error();
}

void Uploader::finish() {
  packs_.close();
  workers_->join();
}

void Uploader::upload() {
  while (std::optional<PackInFlight> taken = packs_.pop()) {
    stored_.submit(std::move(taken->pack), tomb_.token());
  }
}

}  // namespace snapfs
