#include "sample/platform/unwind_rule.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "sample/platform/code_map.h"
#include "sample/platform/eh_frame.h"

enum { RETURN_ADDRESS = 16 };

const uint8_t unwind_saved_registers[UNWIND_N_SAVED] = {
    RETURN_ADDRESS, UNWIND_RBX, UNWIND_RBP, UNWIND_R12,
    UNWIND_R13,     UNWIND_R14, UNWIND_R15};

/* Operations of DWARF 5, section 7.24, and one of GNU's. The first three hold
 * an operand in their low six bits. */
enum {
    OP_ADVANCE = 0x40,
    OP_OFFSET = 0x80,
    OP_RESTORE = 0xc0,
    OP_NOP = 0x00,
    OP_SET_LOC = 0x01,
    OP_ADVANCE_1 = 0x02,
    OP_ADVANCE_2 = 0x03,
    OP_ADVANCE_4 = 0x04,
    OP_OFFSET_EXTENDED = 0x05,
    OP_RESTORE_EXTENDED = 0x06,
    OP_UNDEFINED = 0x07,
    OP_SAME_VALUE = 0x08,
    OP_REGISTER = 0x09,
    OP_REMEMBER = 0x0a,
    OP_RESTORE_STATE = 0x0b,
    OP_CFA = 0x0c,
    OP_CFA_REGISTER = 0x0d,
    OP_CFA_OFFSET = 0x0e,
    OP_CFA_EXPRESSION = 0x0f,
    OP_EXPRESSION = 0x10,
    OP_OFFSET_EXTENDED_SF = 0x11,
    OP_CFA_SF = 0x12,
    OP_CFA_OFFSET_SF = 0x13,
    OP_VALUE_OFFSET = 0x14,
    OP_VALUE_OFFSET_SF = 0x15,
    OP_VALUE_EXPRESSION = 0x16,
    OP_GNU_ARGS_SIZE = 0x2e,
};

/* A program that runs: the rule for the code from `pc` on. */
struct run {
    const struct eh_description *d;
    struct eh_reader at;
    uintptr_t pc;
    struct unwind_rule rule;
    const struct unwind_rule *initial; /* that the CIE gives */
    bool is_outermost;                 /* the return address is undefined */
    struct unwind_rule remembered[4];
    unsigned n_remembered;
};

/* Returns the position of this column in `saved`, or -1 if rules do not restore
 * it. */
static int saved_position(uint64_t column)
{
    for (int i = 0; i < UNWIND_N_SAVED; i++)
        if (unwind_saved_registers[i] == column)
            return i;
    return -1;
}

/* Sets what `saved` and `by_rbp` hold for this column. */
static void set_saved(struct run *run, uint64_t column, int saved, bool by_rbp)
{
    int i = saved_position(column);
    if (i < 0)
        return;
    run->rule.saved[i] = (int16_t)saved;
    run->rule.by_rbp &= (uint8_t) ~(1u << i);
    run->rule.by_rbp |= (uint8_t)((unsigned)by_rbp << i);
}

/* Sets the distance from the CFA, or from rbp, at which the register lies. */
static void set_offset(struct run *run, uint64_t column, int64_t offset,
                       bool by_rbp)
{
    bool fits = offset > UNWIND_LOST && offset <= INT16_MAX;
    set_saved(run, column, fits ? (int)offset : UNWIND_LOST, by_rbp);
}

static void restore_saved(struct run *run, uint64_t column)
{
    int i = saved_position(column);
    if (i >= 0)
        set_saved(run, column, run->initial->saved[i],
                  run->initial->by_rbp >> i & 1);
}

static void set_cfa(struct run *run, enum unwind_kind kind, uint64_t base,
                    int64_t offset)
{
    bool is_known = base < UNWIND_N_REGISTERS && offset == (int32_t)offset;
    run->rule.kind = (uint8_t)(is_known ? kind : UNWIND_NONE);
    run->rule.cfa_register = (uint8_t)base;
    run->rule.cfa_offset = (int32_t)offset;
}

/* Reads an expression that is `register + offset`, or the word there if
 * *is_deref is set. Returns false if it is any other. */
static bool read_base(struct eh_reader block, uint64_t *base, int64_t *offset,
                      bool *is_deref)
{
    enum { BREG0 = 0x70, DEREF = 0x06 };
    *base = (uint64_t)eh_read_u8(&block) - BREG0;
    *offset = eh_read_signed(&block);
    *is_deref = block.at < block.end && eh_read_u8(&block) == DEREF;
    return *base < UNWIND_N_REGISTERS && !block.failed && block.at == block.end;
}

/* Returns true for the expression that linkers write for the entries of a
 * procedure linkage table, rsp + 8 + ((rip & 15) >= N) * 8. Sets *n. */
static bool is_plt(struct eh_reader block, int64_t *n)
{
    static const uint8_t before[] = {0x77, 0x08, 0x80, 0x00, 0x3f, 0x1a},
                         after[] = {0x2a, 0x33, 0x24, 0x22};
    enum { LIT0 = 0x30, N_AT = sizeof before };
    if ((size_t)(block.end - block.at) != N_AT + 1 + sizeof after)
        return false;
    *n = block.at[N_AT] - LIT0;
    return memcmp(block.at, before, sizeof before) == 0 &&
           memcmp(block.at + N_AT + 1, after, sizeof after) == 0;
}

static void run_cfa_expression(struct run *run)
{
    struct eh_reader block = eh_read_block(&run->at);
    uint64_t base;
    int64_t offset;
    bool is_deref;
    if (is_plt(block, &offset))
        set_cfa(run, UNWIND_PLT, UNWIND_RSP, offset);
    else if (read_base(block, &base, &offset, &is_deref))
        set_cfa(run, is_deref ? UNWIND_DEREF : UNWIND_CFA, base, offset);
    else
        run->rule.kind = UNWIND_NONE;
}

/* A function that realigns the stack saves registers relative to rbp. */
static void run_expression(struct run *run)
{
    uint64_t column = eh_read_unsigned(&run->at), base;
    int64_t offset;
    bool is_deref;
    bool is_known =
        read_base(eh_read_block(&run->at), &base, &offset, &is_deref) &&
        base == UNWIND_RBP && !is_deref;
    if (is_known)
        set_offset(run, column, offset, true);
    else
        set_saved(run, column, UNWIND_LOST, false);
}

/* Operations whose operands are a column and something that rules cannot
 * express. */
static void run_lost(struct run *run, uint8_t op)
{
    uint64_t column = eh_read_unsigned(&run->at);
    if (op == OP_VALUE_EXPRESSION)
        eh_read_block(&run->at);
    else if (op == OP_VALUE_OFFSET_SF)
        eh_read_signed(&run->at);
    else if (op != OP_UNDEFINED)
        eh_read_unsigned(&run->at);
    set_saved(run, column, UNWIND_LOST, false);
    run->is_outermost |= op == OP_UNDEFINED && column == RETURN_ADDRESS;
}

static void run_remember(struct run *run)
{
    enum { MAX = sizeof run->remembered / sizeof *run->remembered };
    if (run->n_remembered == MAX)
        run->at.failed = true;
    else
        run->remembered[run->n_remembered++] = run->rule;
}

static void run_restore_state(struct run *run)
{
    if (run->n_remembered == 0)
        run->at.failed = true;
    else
        run->rule = run->remembered[--run->n_remembered];
}

/* Runs an operation whose operand is in its low six bits, if it is one. */
static bool run_short(struct run *run, uint8_t op)
{
    uint64_t operand = op & 0x3f;
    switch (op & 0xc0) {
    case OP_ADVANCE:
        run->pc += operand * run->d->code_unit;
        return true;
    case OP_OFFSET:
        set_offset(run, operand,
                   (int64_t)eh_read_unsigned(&run->at) * run->d->data_unit,
                   false);
        return true;
    case OP_RESTORE:
        restore_saved(run, operand);
        return true;
    default:
        return false;
    }
}

/* Runs an operation on the CFA or on the pc, if it is one. */
static bool run_cfa_or_pc(struct run *run, uint8_t op)
{
    struct eh_reader *at = &run->at;
    const struct unwind_rule *rule = &run->rule;
    uint64_t base = rule->cfa_register;
    switch (op) {
    case OP_SET_LOC:
        run->pc = eh_read_pointer(at, run->d->pointer_encoding);
        return true;
    case OP_ADVANCE_1:
        run->pc += eh_read_u8(at) * run->d->code_unit;
        return true;
    case OP_ADVANCE_2:
        run->pc += eh_read_u16(at) * run->d->code_unit;
        return true;
    case OP_ADVANCE_4:
        run->pc += eh_read_u32(at) * run->d->code_unit;
        return true;
    case OP_CFA:
        base = eh_read_unsigned(at);
        set_cfa(run, UNWIND_CFA, base, (int64_t)eh_read_unsigned(at));
        return true;
    case OP_CFA_SF:
        base = eh_read_unsigned(at);
        set_cfa(run, UNWIND_CFA, base, eh_read_signed(at) * run->d->data_unit);
        return true;
    case OP_CFA_REGISTER:
        set_cfa(run, UNWIND_CFA, eh_read_unsigned(at), rule->cfa_offset);
        return true;
    case OP_CFA_OFFSET:
        set_cfa(run, UNWIND_CFA, base, (int64_t)eh_read_unsigned(at));
        return true;
    case OP_CFA_OFFSET_SF:
        set_cfa(run, UNWIND_CFA, base, eh_read_signed(at) * run->d->data_unit);
        return true;
    case OP_CFA_EXPRESSION:
        run_cfa_expression(run);
        return true;
    default:
        return false;
    }
}

/* Runs any other operation. Fails if it is not known. */
static void run_other(struct run *run, uint8_t op)
{
    struct eh_reader *at = &run->at;
    uint64_t column;
    switch (op) {
    case OP_NOP:
        break;
    case OP_OFFSET_EXTENDED:
        column = eh_read_unsigned(at);
        set_offset(run, column,
                   (int64_t)eh_read_unsigned(at) * run->d->data_unit, false);
        break;
    case OP_OFFSET_EXTENDED_SF:
        column = eh_read_unsigned(at);
        set_offset(run, column, eh_read_signed(at) * run->d->data_unit, false);
        break;
    case OP_RESTORE_EXTENDED:
        restore_saved(run, eh_read_unsigned(at));
        break;
    case OP_SAME_VALUE:
        set_saved(run, eh_read_unsigned(at), UNWIND_UNCHANGED, false);
        break;
    case OP_UNDEFINED:
    case OP_REGISTER:
    case OP_VALUE_OFFSET:
    case OP_VALUE_OFFSET_SF:
    case OP_VALUE_EXPRESSION:
        run_lost(run, op);
        break;
    case OP_EXPRESSION:
        run_expression(run);
        break;
    case OP_REMEMBER:
        run_remember(run);
        break;
    case OP_RESTORE_STATE:
        run_restore_state(run);
        break;
    case OP_GNU_ARGS_SIZE:
        eh_read_unsigned(at);
        break;
    default:
        at->failed = true;
    }
}

/* Runs a program up to the rule that holds for `pc`. Returns false if it
 * contains something that is not known. */
static bool run_program(struct run *run, struct eh_reader program, uintptr_t pc)
{
    run->at = program;
    while (run->at.at < run->at.end && !run->at.failed && run->pc <= pc) {
        uint8_t op = eh_read_u8(&run->at);
        if (!run_short(run, op) && !run_cfa_or_pc(run, op))
            run_other(run, op);
    }
    return !run->at.failed;
}

/* Finds the rule in the tables. */
static struct unwind_rule find_rule(uintptr_t pc)
{
    static const struct unwind_rule none = {.kind = UNWIND_NONE};
    struct eh_description d;
    if (!eh_frame_find(pc, &d))
        return none;
    if (d.is_signal_frame)
        return (struct unwind_rule){.kind = UNWIND_SIGNAL};
    struct run run = {.d = &d, .pc = d.start};
    for (int i = 0; i < UNWIND_N_SAVED; i++)
        run.rule.saved[i] = UNWIND_UNCHANGED;
    run.initial = &none;
    if (!run_program(&run, d.initial, UINTPTR_MAX))
        return none;
    struct unwind_rule initial = run.rule;
    run.initial = &initial;
    if (!run_program(&run, d.program, pc))
        return none;
    if (run.is_outermost)
        run.rule.kind = UNWIND_END;
    else if (run.rule.saved[UNWIND_SAVED_RA] == UNWIND_LOST)
        run.rule.kind = UNWIND_NONE;
    return run.rule;
}

/* The cache: rules by pc, one place for each. The words of a rule are written
 * between two changes of `pc`, so a reader that finds the same pc before and
 * after it has read a whole rule. A writer that finds another one at work
 * leaves the place to it. */
enum { N_CACHED = 4096, N_WORDS = sizeof(struct unwind_rule) / 8 };
enum { PC_NONE = 0, PC_WRITING = 1 };

struct cached {
    _Atomic uintptr_t pc;
    _Atomic uint64_t words[N_WORDS];
};
static struct cached cache[N_CACHED];

static struct cached *place_of(uintptr_t pc)
{
    /* Fibonacci hashing: the upper bits of the product are well mixed. */
    uint64_t hash = (uint64_t)pc * 0x9e3779b97f4a7c15u;
    return &cache[hash >> 32 & (N_CACHED - 1)];
}

static bool read_cached(struct cached *c, uintptr_t pc,
                        struct unwind_rule *rule)
{
    if (atomic_load_explicit(&c->pc, memory_order_acquire) != pc)
        return false;
    uint64_t words[N_WORDS];
    for (int i = 0; i < N_WORDS; i++)
        words[i] = atomic_load_explicit(&c->words[i], memory_order_acquire);
    memcpy(rule, words, sizeof words);
    return atomic_load_explicit(&c->pc, memory_order_relaxed) == pc;
}

static void write_cached(struct cached *c, uintptr_t pc,
                         const struct unwind_rule *rule)
{
    uintptr_t old = atomic_load_explicit(&c->pc, memory_order_relaxed);
    if (old == PC_WRITING ||
        !atomic_compare_exchange_strong(&c->pc, &old, PC_WRITING))
        return;
    uint64_t words[N_WORDS];
    memcpy(words, rule, sizeof words);
    for (int i = 0; i < N_WORDS; i++)
        atomic_store_explicit(&c->words[i], words[i], memory_order_release);
    atomic_store_explicit(&c->pc, pc, memory_order_release);
}

struct unwind_rule unwind_rule_get(uintptr_t pc)
{
    _Static_assert(sizeof(struct unwind_rule) % 8 == 0, "whole words");
    struct unwind_rule rule = {.kind = UNWIND_NONE};
    if (pc <= PC_WRITING)
        return rule;
    struct cached *c = place_of(pc);
    if (!read_cached(c, pc, &rule)) {
        rule = find_rule(pc);
        rule.code = (uint8_t)code_map_kind(pc);
        /* A library that is loaded later may have the missing rule. */
        if (rule.kind != UNWIND_NONE)
            write_cached(c, pc, &rule);
    }
    return rule;
}
