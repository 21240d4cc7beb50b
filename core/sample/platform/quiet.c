#include "sample/platform/quiet.h"

_Thread_local unsigned quiet_depth;
