#include "sample/platform/own_work.h"

_Thread_local unsigned own_work_depth;
