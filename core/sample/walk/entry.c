#include "sample/walk/entry.h"

#include "sample/walk/safepoint.h"
#include "sample/walk/thread.h"

void entry_begin(struct entry_place *place, lua_State *L)
{
    safepoint_enter(thread_self, place, L);
}

void entry_end(struct entry_place *place)
{
    safepoint_leave(thread_self, place);
}
