// ZFS: a snapshot of each dataset, read in its .zfs directory.
#pragma once

#include <string>
#include <vector>

#include "archiver/freeze/freezer.h"

namespace snapfs {

/// By the program zfs.
class ZfsFreezer final : public Freezer {
 public:
  /// `mounts` is where the datasets are mounted; empty: read from the kernel.
  explicit ZfsFreezer(std::vector<MountEntry> mounts = {}) : mounts_(std::move(mounts)) {}
  ~ZfsFreezer() override { remove(); }
  ZfsFreezer(const ZfsFreezer&) = delete;
  ZfsFreezer& operator=(const ZfsFreezer&) = delete;

  FrozenSystems freeze(const std::vector<FreezeWish>& wishes, const IsEntered& is_entered,
                       const StopToken& stop) override;
  std::vector<std::string> remove() noexcept override;

 private:
  /// A dataset that is to be frozen.
  struct Wanted {
    const FreezeWish* wish = nullptr;
    std::string dataset;
    MountEntry whole;  ///< where all of it is mounted
  };

  Wanted look_up(const FreezeWish& wish) const;
  void snapshot_what_can_be(const std::string& name, std::vector<Wanted>& wanted,
                            FrozenSystems& systems);
  void snapshot(const std::string& name, const std::vector<Wanted>& wanted);

  std::vector<MountEntry> mounts_;
  std::vector<std::string> made_;  ///< dataset@name
};

}  // namespace snapfs
