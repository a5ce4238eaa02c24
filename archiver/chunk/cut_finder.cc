// Which searches this processor can run. A search that needs an instruction set extension is
// appended here, behind a check of the processor, and is thereby tested and benchmarked as well.
#include "archiver/chunk/cut_finder.h"

#include <vector>

namespace snapfs {

namespace {

std::vector<NamedCutFinder> finders_of_this_processor() {
  std::vector<NamedCutFinder> finders{{"scalar", find_cut_scalar}, {"strips", find_cut_strips}};
  if (const CutFinder find = avx2_cut_finder()) finders.push_back({"avx2", find});
  if (const CutFinder find = gfni_cut_finder()) finders.push_back({"gfni", find});
  return finders;
}

}  // namespace

std::span<const NamedCutFinder> cut_finders() {
  static const std::vector<NamedCutFinder> finders = finders_of_this_processor();
  return finders;
}

CutFinder best_cut_finder() { return cut_finders().back().find; }

}  // namespace snapfs
