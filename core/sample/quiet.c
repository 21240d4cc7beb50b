#include "sample/quiet.h"

_Thread_local unsigned quiet_depth;
