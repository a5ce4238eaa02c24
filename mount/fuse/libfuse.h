// libfuse's low-level interface in the version this folder is written for. Included by this
// folder's sources only.
#pragma once

#define FUSE_USE_VERSION 35

#include <fuse_lowlevel.h>
