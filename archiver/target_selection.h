// The rules of a selection, applied to the targets that the user did not name: the entries of "."
// or of a target above another one. The walk meets everything else.
#pragma once

#include "archiver/select/selection.h"
#include "archiver/targets.h"

namespace snapfs {

/// Removes the leaves of `targets` that are not explicit and not selected by their names. A
/// directory that cannot be entered is left as it is: the walk will meet it.
void remove_unselected(TargetTree& targets, const SourceFs& source, const Selection& selection,
                       SelectionObserver& observer);

}  // namespace snapfs
