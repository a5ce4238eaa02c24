// How fast each search for a cut is, in bytes of source a second: over random data, going on behind
// every cut, so that all of it is searched; and over zeros chunk by chunk, where the search should
// cost nothing, because every chunk ends at the minimum.
#include <random>
#include <string>

#include <benchmark/benchmark.h>

#include "archiver/chunk/chunker.h"
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

void cut_zeros(benchmark::State& state, const NamedCutFinder& finder) {
  const ChunkerTables tables{Polynomial(0x3DA3358B4DC173)};
  const snapfs::Chunker chunker(tables, finder.find);
  Bytes zeros;
  zeros.assign(kSize, 0);
  for (auto _ : state) {
    snapfs::ByteView rest(zeros);
    while (const auto cut = chunker.find_cut(rest, true)) rest = rest.subspan(*cut);
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * zeros.size()));
}

}  // namespace

int main(int argc, char** argv) {
  for (const NamedCutFinder& finder : snapfs::cut_finders()) {
    benchmark::RegisterBenchmark(("search/" + std::string(finder.name)).c_str(),
                                 [&finder](benchmark::State& state) { search(state, finder); });
    benchmark::RegisterBenchmark(("zeros/" + std::string(finder.name)).c_str(),
                                 [&finder](benchmark::State& state) { cut_zeros(state, finder); });
  }
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
