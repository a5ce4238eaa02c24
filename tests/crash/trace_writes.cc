// Runs a program and watches what it does to files, for the tests that end it in the middle of it.
//
//   trace_writes count REPORT ROOT... -- PROGRAM ARGUMENT...     a line for each change
//   trace_writes kill N REPORT ROOT... -- PROGRAM ARGUMENT...    ends it before the N-th change
//   trace_writes record LOG ROOT... -- PROGRAM ARGUMENT...       the changes with their bytes
//   trace_writes --hold FILE OTHER …    who opens a path that ends in FILE waits there until
//   somebody
//                                       is about to sync one that ends in OTHER
//
// Its status is the program's; 125 when it could not do its own work.
#include <exception>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/crash/traced_program.h"

namespace snapfs::test {
namespace {

constexpr int kOwnFailure = 125;

std::string take(std::vector<std::string>& words) {
  if (words.empty()) throw std::runtime_error("an argument is missing");
  std::string word = words.front();
  words.erase(words.begin());
  return word;
}

int run(std::vector<std::string> words) {
  std::string what = take(words);
  Tracing tracing;
  if (what == "--hold") {
    tracing.held = take(words);
    tracing.held_until = take(words);
    what = take(words);
  }
  const std::size_t last = what == "kill" ? std::stoul(take(words)) : 0;
  std::ofstream report(take(words), std::ios::binary);
  for (std::string word = take(words); word != "--"; word = take(words)) {
    tracing.roots.push_back(word);
  }
  std::size_t number = 0;
  tracing.before = [&](const FileEvent& event) {
    const bool ends = ++number == last;
    if (what != "record" && (last == 0 || ends)) report << to_text(event) << std::endl;
    return !ends;
  };
  if (what == "record") {
    tracing.after = [&](const FileEvent& event) { write_event(report, event); };
  } else if (what != "kill" && what != "count") {
    throw std::runtime_error("what is to be done is called count, kill or record");
  }
  const int status = run_traced(words, tracing);
  report.close();
  if (!report) throw std::runtime_error("the report could not be written");
  return status;
}

}  // namespace
}  // namespace snapfs::test

int main(int count, char** words) {
  try {
    return snapfs::test::run({words + 1, words + count});
  } catch (const std::exception& error) {
    std::cerr << "trace_writes: " << error.what() << '\n';
    return snapfs::test::kOwnFailure;
  }
}
