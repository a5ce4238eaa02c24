// Threads that a test starts. Only a header, so that any test can include it.
#pragma once

#include <exception>
#include <functional>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace snapfs::test {

/// What one of them throws fails the test, as it would in the test's own thread, rather than end
/// the program. They are joined by the destructor.
class TestThreads {
 public:
  void start(std::function<void()> work) {
    threads_.emplace_back([work = std::move(work)] {
      try {
        work();
      } catch (const std::exception& error) {
        ADD_FAILURE() << "a thread ended with: " << error.what();
      }
    });
  }

  void join() { threads_.clear(); }

 private:
  std::vector<std::jthread> threads_;
};

}  // namespace snapfs::test
