#include "sample/platform/quiet.h"

_Thread_local unsigned quiet_depth;
bool quiet_is_child;

static void on_fork_in_child(void) { quiet_is_child = true; }

void quiet_init(void) { pthread_atfork(NULL, NULL, on_fork_in_child); }
