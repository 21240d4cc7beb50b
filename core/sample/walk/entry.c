#include "sample/walk/entry.h"

#include "sample/walk/safepoint.h"
#include "sample/walk/thread.h"

void entry_begin(struct entry *entry, lua_State *L)
{
    safepoint_enter(thread_self, entry, L);
}

void entry_end(struct entry *entry) { safepoint_leave(thread_self, entry); }
