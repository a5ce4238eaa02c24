// Codecs that are made once and lent out call by call: a codec's buffers and contexts cost more to
// make than most of what it is used for.
#pragma once

#include <functional>
#include <memory>
#include <new>
#include <utility>
#include <vector>

#include "fs/base/synchronized.h"
#include "fs/format/codec.h"

namespace snapfs {

/// Thread-safe.
class CodecPool {
 public:
  explicit CodecPool(std::function<std::unique_ptr<Codec>()> make) : make_(std::move(make)) {}

  /// A codec that nobody else uses meanwhile. The pool must outlive it.
  class Lease {
   public:
    ~Lease() {
      if (!codec_) return;
      try {
        pool_.idle_.lock()->push_back(std::move(codec_));
      } catch (const std::bad_alloc&) {
        // There is no room to keep it: the next one is made anew.
      }
    }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;

    Codec* operator->() const noexcept { return codec_.get(); }
    Codec& operator*() const noexcept { return *codec_; }

   private:
    friend CodecPool;
    Lease(CodecPool& pool, std::unique_ptr<Codec> codec) : pool_(pool), codec_(std::move(codec)) {}

    CodecPool& pool_;
    std::unique_ptr<Codec> codec_;
  };

  Lease borrow() {
    std::unique_ptr<Codec> codec;
    {
      const auto idle = idle_.lock();
      if (!idle->empty()) {
        codec = std::move(idle->back());
        idle->pop_back();
      }
    }
    return {*this, codec ? std::move(codec) : make_()};
  }

 private:
  std::function<std::unique_ptr<Codec>()> make_;
  Synchronized<std::vector<std::unique_ptr<Codec>>> idle_;
};

}  // namespace snapfs
