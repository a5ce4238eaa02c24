// How fast each search for a cut is, in bytes of source a second. It goes on behind every cut, so
// that all of the data is searched.
#include <random>
#include <string>

#include <benchmark/benchmark.h>

#include "archiver/chunk/cut_finder.h"

namespace {

using snapfs::Bytes;
using snapfs::ChunkerTables;
using snapfs::NamedCutFinder;
using snapfs::Polynomial;

constexpr std::size_t kSize = 8 << 20;

void search(benchmark::State& state, const NamedCutFinder& finder) {
  const ChunkerTables tables{Polynomial(0x3DA3358B4DC173)};
  Bytes bytes(kSize);
  std::mt19937_64 engine(1);
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(engine());
  for (auto _ : state) {
    for (std::size_t from = 65; from <= bytes.size(); ++from) {
      from = finder.find(tables, bytes.data(), from, bytes.size() + 1);
    }
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * bytes.size()));
}

}  // namespace

int main(int argc, char** argv) {
  for (const NamedCutFinder& finder : snapfs::cut_finders()) {
    benchmark::RegisterBenchmark(("search/" + std::string(finder.name)).c_str(),
                                 [&finder](benchmark::State& state) { search(state, finder); });
  }
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
