// What somebody may have meant by a word that is none.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace snapfs {

/// How many letters must be put in, left out, replaced or swapped with their neighbour to make one
/// word of the other (Damerau and Levenshtein, no part changed twice).
std::size_t edit_distance(std::string_view left, std::string_view right);

/// Those of `words` that are one or two slips away from `word`, or begin with it; the nearest
/// first, three at most.
std::vector<std::string> similar_words(std::string_view word,
                                       const std::vector<std::string>& words);

}  // namespace snapfs
