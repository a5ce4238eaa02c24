// LVM: a snapshot of each logical volume, mounted read-only where nobody sees it.
#pragma once

#include <string>
#include <vector>

#include "archiver/freeze/freezer.h"

namespace snapfs {

/// By the programs of lvm2: lvs, lvcreate, lvremove.
class LvmFreezer final : public Freezer {
 public:
  /// `size` as of make_freezer(); thin volumes need none.
  explicit LvmFreezer(std::string size) : size_(std::move(size)) {}
  ~LvmFreezer() override { remove(); }
  LvmFreezer(const LvmFreezer&) = delete;
  LvmFreezer& operator=(const LvmFreezer&) = delete;

  FrozenSystems freeze(const std::vector<FreezeWish>& wishes, const IsEntered& is_entered,
                       const StopToken& stop) override;
  std::vector<std::string> remove() noexcept override;

 private:
  struct Volume {
    std::string group;
    std::string name;
    bool is_thin = false;
  };

  static Volume volume_of(const FreezeWish& wish);
  std::string snapshot(const Volume& volume);

  std::string size_;
  std::vector<std::string> made_;  ///< group/name
};

}  // namespace snapfs
