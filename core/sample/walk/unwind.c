#include "sample/walk/unwind.h"

#include <string.h>
#include <ucontext.h>

/* Stacks hold what AddressSanitizer calls poisoned. */
#define NO_SANITIZE __attribute__((no_sanitize("address", "thread")))

/* The greg of each DWARF register (System V ABI, AMD64 supplement, figure
 * 3.36). */
static const uint8_t gregs[UNWIND_N_REGISTERS] = {
    REG_RAX, REG_RDX, REG_RCX, REG_RBX, REG_RSI, REG_RDI, REG_RBP, REG_RSP,
    REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};

enum {
    ALL = 0xffff,
    /* Those that a function leaves as they were, and the stack pointer. */
    CALLEE_SAVED = 1 << UNWIND_RBX | 1 << UNWIND_RBP | 1 << UNWIND_RSP |
                   1 << UNWIND_R12 | 1 << UNWIND_R13 | 1 << UNWIND_R14 |
                   1 << UNWIND_R15,
};

/* Puts the frame at `pc` into the cursor. */
static void arrive(struct unwind_cursor *c, uintptr_t pc, bool is_returned)
{
    c->pc = pc;
    c->is_returned = is_returned;
    c->rule = unwind_rule_get(unwind_pc(c));
}

NO_SANITIZE void unwind_from_signal(struct unwind_cursor *cursor,
                                    const void *ucontext)
{
    const ucontext_t *context = ucontext;
    for (int i = 0; i < UNWIND_N_REGISTERS; i++)
        cursor->registers[i] = (uintptr_t)context->uc_mcontext.gregs[gregs[i]];
    cursor->known = ALL;
    arrive(cursor, (uintptr_t)context->uc_mcontext.gregs[REG_RIP], false);
}

void unwind_from_place(struct unwind_cursor *cursor, uintptr_t pc, uintptr_t sp)
{
    cursor->registers[UNWIND_RSP] = sp;
    cursor->known = 1 << UNWIND_RSP;
    arrive(cursor, pc, false);
}

/* Not inlined, so that the caller has a frame of its own to begin at. */
__attribute__((noinline)) NO_SANITIZE void
unwind_from_here(struct unwind_cursor *cursor)
{
    uintptr_t *r = cursor->registers;
    uintptr_t pc;
    __asm__ volatile("movq %%rbx, %0\n\tmovq %%rbp, %1\n\tmovq %%rsp, %2"
                     : "=m"(r[UNWIND_RBX]), "=m"(r[UNWIND_RBP]),
                       "=m"(r[UNWIND_RSP]));
    __asm__ volatile("movq %%r12, %0\n\tmovq %%r13, %1\n\tmovq %%r14, %2\n\t"
                     "movq %%r15, %3"
                     : "=m"(r[UNWIND_R12]), "=m"(r[UNWIND_R13]),
                       "=m"(r[UNWIND_R14]), "=m"(r[UNWIND_R15]));
    __asm__ volatile("leaq 0(%%rip), %0" : "=r"(pc));
    cursor->known = CALLEE_SAVED;
    arrive(cursor, pc, false);
    unwind_step(cursor);
}

NO_SANITIZE static uintptr_t read_word(uintptr_t address)
{
    return *(const volatile uintptr_t *)address;
}

static bool is_known(const struct unwind_cursor *c, unsigned i)
{
    return c->known >> i & 1;
}

/* Returns the frame's CFA, or 0 if a register that it needs is not known. */
static uintptr_t cfa_of(const struct unwind_cursor *c,
                        const struct unwind_rule *rule)
{
    if (!is_known(c, rule->cfa_register))
        return 0;
    uintptr_t base = c->registers[rule->cfa_register];
    if (rule->kind == UNWIND_PLT) {
        bool has_pushed = (c->pc & 15) >= (uintptr_t)rule->cfa_offset;
        return base + 8 + (has_pushed ? 8 : 0);
    }
    base += (uintptr_t)(intptr_t)rule->cfa_offset;
    return rule->kind == UNWIND_DEREF ? read_word(base) : base;
}

/* Restores the registers that the rule describes, and the return address into
 * *pc. Returns false if the rule does not describe the return address. */
static bool restore_registers(struct unwind_cursor *c,
                              const struct unwind_rule *rule, uintptr_t cfa,
                              uintptr_t *pc)
{
    uintptr_t rbp = c->registers[UNWIND_RBP];
    bool has_rbp = is_known(c, UNWIND_RBP), has_ra = false;
    c->known &= CALLEE_SAVED;
    for (unsigned i = 0; i < UNWIND_N_SAVED; i++) {
        int offset = rule->saved[i];
        unsigned number = unwind_saved_registers[i];
        bool by_rbp = rule->by_rbp >> i & 1;
        if (offset == UNWIND_UNCHANGED)
            continue;
        if (offset == UNWIND_LOST || (by_rbp && !has_rbp)) {
            c->known &= (uint16_t) ~(1u << number);
            continue;
        }
        uintptr_t value =
            read_word((by_rbp ? rbp : cfa) + (uintptr_t)(intptr_t)offset);
        if (i == UNWIND_SAVED_RA) {
            *pc = value;
            has_ra = true;
        } else {
            c->registers[number] = value;
            c->known |= (uint16_t)(1u << number);
        }
    }
    return has_ra;
}

enum unwind_result unwind_step(struct unwind_cursor *cursor)
{
    struct unwind_rule rule = cursor->rule;
    if (rule.kind == UNWIND_END)
        return UNWIND_REACHED_END;
    if (rule.kind == UNWIND_NONE)
        return UNWIND_FAILED;
    uintptr_t sp = cursor->registers[UNWIND_RSP];
    if (rule.kind == UNWIND_SIGNAL) {
        /* The kernel puts the ucontext where the handler's return leaves the
         * stack pointer. The interrupted stack may be another one. */
        unwind_from_signal(cursor, (const void *)sp);
        return cursor->pc ? UNWIND_STEPPED : UNWIND_FAILED;
    }
    uintptr_t cfa = cfa_of(cursor, &rule), pc;
    if (cfa <= sp || cfa % sizeof(uintptr_t) != 0 ||
        !restore_registers(cursor, &rule, cfa, &pc))
        return UNWIND_FAILED;
    if (pc == 0)
        return UNWIND_REACHED_END;
    cursor->registers[UNWIND_RSP] = cfa;
    arrive(cursor, pc, true);
    return UNWIND_STEPPED;
}
