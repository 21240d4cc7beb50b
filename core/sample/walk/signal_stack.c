#include "sample/walk/signal_stack.h"

#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <ucontext.h>

enum { STACK_BYTES = 64 << 10, GUARD_BYTES = 4096, NEEDED_BYTES = 16 << 10 };

bool signal_stack_new(void **stack, struct err *err)
{
    stack_t old;
    *stack = NULL;
    if (sigaltstack(NULL, &old) == 0 && !(old.ss_flags & SS_DISABLE))
        return true;
    char *memory =
        mmap(NULL, GUARD_BYTES + STACK_BYTES, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    if (memory == MAP_FAILED)
        return err_set(err, "out of memory for a thread's signal stack");
    const stack_t ours = {.ss_sp = memory + GUARD_BYTES,
                          .ss_size = STACK_BYTES};
    mprotect(memory, GUARD_BYTES, PROT_NONE);
    sigaltstack(&ours, NULL);
    *stack = memory;
    return true;
}

void signal_stack_free(void *stack)
{
    stack_t now;
    const stack_t none = {.ss_flags = SS_DISABLE};
    if (!stack)
        return;
    bool is_ours = sigaltstack(NULL, &now) == 0 &&
                   now.ss_sp == (char *)stack + GUARD_BYTES;
    if (is_ours && sigaltstack(&none, NULL) != 0)
        return;
    munmap(stack, GUARD_BYTES + STACK_BYTES);
}

bool signal_stack_has_room(const void *ucontext)
{
    const stack_t *stack = &((const ucontext_t *)ucontext)->uc_stack;
    uintptr_t here = (uintptr_t)__builtin_frame_address(0);
    uintptr_t end = (uintptr_t)stack->ss_sp;
    return !(stack->ss_flags & SS_DISABLE) && here > end &&
           here - end <= stack->ss_size && here - end >= NEEDED_BYTES;
}
