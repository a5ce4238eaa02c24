// Btrfs: a read-only snapshot of each subvolume that is read.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "archiver/freeze/btrfs_volume.h"
#include "archiver/freeze/freezer.h"

namespace snapfs {

/// The snapshots lie in the top directory of the file system, which is seldom mounted, under names
/// that begin with a dot. A subvolume that is read-only is read as it is.
class BtrfsFreezer final : public Freezer {
 public:
  BtrfsFreezer() = default;
  ~BtrfsFreezer() override { remove(); }
  BtrfsFreezer(const BtrfsFreezer&) = delete;
  BtrfsFreezer& operator=(const BtrfsFreezer&) = delete;

  FrozenSystems freeze(const std::vector<FreezeWish>& wishes, const IsEntered& is_entered,
                       const StopToken& stop) override;
  std::vector<std::string> remove() noexcept override;

 private:
  using Device = std::pair<unsigned, unsigned>;

  void freeze_wish(const FreezeWish& wish, const IsEntered& is_entered, FrozenSystems& systems,
                   const StopToken& stop);
  const BtrfsVolume& volume_of(const MountEntry& mount, FrozenSystems& systems);
  void freeze_subvolume(const BtrfsVolume& volume, const MountEntry& mount,
                        const std::string& subvolume, FrozenSystems& systems);

  std::map<Device, BtrfsVolume> volumes_;
  std::set<std::pair<std::uint64_t, std::string>> looked_at_;     ///< of a mount, which shows them
  std::set<std::pair<Device, std::string>> frozen_;               ///< subvolumes
  std::vector<std::pair<const BtrfsVolume*, std::string>> made_;  ///< snapshots
};

}  // namespace snapfs
