-- deltablue.lua: an incremental solver of one-way constraints, after Freeman-Benson
-- and Maloney. Objects with methods of their own kind, lists.

-- Strengths: a smaller number is stronger.
local REQUIRED, PREFERRED, DEFAULT, WEAKEST = 1, 3, 5, 7

local Planner = { mark = 0 }

local function new_variable(value)
  return { value = value, constraints = {}, by = nil, mark = 0, strength = WEAKEST, stays = true }
end

local function remove_from(list, item)
  for i, other in ipairs(list) do
    if other == item then return table.remove(list, i) end
  end
end

local Constraint = {}
Constraint.__index = Constraint

--- One variable, set by nothing else.
local Unary = setmetatable({}, Constraint)
Unary.__index = Unary

local function new_unary(variable, strength, is_input)
  return setmetatable({ variables = { variable }, output = variable, strength = strength,
    is_input = is_input, satisfied = false }, Unary)
end

function Unary:choose(mark)
  self.satisfied = self.output.mark ~= mark and self.strength < self.output.strength
end

function Unary:inputs_known() return true end
function Unary:mark_inputs() end

function Unary:recalculate()
  self.output.strength = self.strength
  self.output.stays = not self.is_input
end

function Unary:execute() end

--- Two variables, and optionally scale and offset: b = a * scale + offset.
local Binary = setmetatable({}, Constraint)
Binary.__index = Binary

local function new_binary(a, b, strength, scale, offset)
  return setmetatable({ variables = { a, b, scale, offset }, a = a, b = b, scale = scale,
    offset = offset, strength = strength, satisfied = false }, Binary)
end

function Binary:set_direction(input, output)
  self.input, self.output, self.satisfied = input, output, true
end

function Binary:choose(mark)
  local a, b = self.a, self.b
  self.satisfied = false
  if a.mark == mark then
    if b.mark ~= mark and self.strength < b.strength then self:set_direction(a, b) end
  elseif b.mark == mark then
    if self.strength < a.strength then self:set_direction(b, a) end
  elseif a.strength > b.strength then
    if self.strength < a.strength then self:set_direction(b, a) end
  elseif self.strength < b.strength then
    self:set_direction(a, b)
  end
end

local function is_known(variable, mark)
  return not variable or variable.mark == mark or variable.stays or not variable.by
end

function Binary:inputs_known(mark)
  return is_known(self.input, mark) and is_known(self.scale, mark) and
    is_known(self.offset, mark)
end

function Binary:mark_inputs(mark)
  self.input.mark = mark
  if self.scale then self.scale.mark, self.offset.mark = mark, mark end
end

function Binary:recalculate()
  local input, output = self.input, self.output
  output.strength = math.max(self.strength, input.strength)
  output.stays = input.stays and (not self.scale or (self.scale.stays and self.offset.stays))
  if output.stays then self:execute() end
end

function Binary:execute()
  local value = self.input.value
  if self.scale then
    if self.output == self.b then
      value = value * self.scale.value + self.offset.value
    else
      value = (value - self.offset.value) // self.scale.value
    end
  end
  self.output.value = value
end

--- Returns the constraint whose variable this constraint has taken over.
function Constraint:satisfy(mark)
  self:choose(mark)
  if not self.satisfied then
    assert(self.strength ~= REQUIRED, "deltablue: a required constraint fails")
    return nil
  end
  self:mark_inputs(mark)
  local replaced = self.output.by
  if replaced then replaced.satisfied = false end
  self.output.by = self
  assert(Planner.propagate(self, mark), "deltablue: a cycle")
  self.output.mark = mark
  return replaced
end

function Constraint:add()
  for _, variable in pairs(self.variables) do table.insert(variable.constraints, self) end
  Planner.add(self)
end

function Constraint:remove()
  for _, variable in pairs(self.variables) do remove_from(variable.constraints, self) end
  if self.satisfied then
    self.satisfied = false
    Planner.retract(self)
  end
end

local function new_mark()
  Planner.mark = Planner.mark + 1
  return Planner.mark
end

function Planner.add(constraint)
  local mark = new_mark()
  while constraint do constraint = constraint:satisfy(mark) end
end

--- Adds the constraints that read the variable to the list.
local function add_readers(variable, list)
  for _, constraint in ipairs(variable.constraints) do
    if constraint ~= variable.by and constraint.satisfied then
      list[#list + 1] = constraint
    end
  end
end

--- Calculates all that follows from the constraint. Returns false for a cycle.
function Planner.propagate(constraint, mark)
  local todo = { constraint }
  while #todo > 0 do
    local next = table.remove(todo)
    if next.output.mark == mark then return false end
    next:recalculate()
    add_readers(next.output, todo)
  end
  return true
end

local function stronger(a, b) return a.strength < b.strength end

--- Sets free what the removed constraint has determined, and gives the constraints
-- another chance that were too weak before.
function Planner.retract(constraint)
  local output = constraint.output
  output.by, output.strength, output.stays = nil, WEAKEST, true
  local unsatisfied, todo = {}, { output }
  while #todo > 0 do
    local variable = table.remove(todo)
    for _, other in ipairs(variable.constraints) do
      if not other.satisfied then unsatisfied[#unsatisfied + 1] = other end
    end
    local readers = {}
    add_readers(variable, readers)
    for _, reader in ipairs(readers) do
      reader:recalculate()
      todo[#todo + 1] = reader.output
    end
  end
  table.sort(unsatisfied, stronger)
  for _, other in ipairs(unsatisfied) do Planner.add(other) end
end

--- Returns the constraints in the order in which an input's change passes them.
function Planner.plan(input)
  local mark, plan, todo = new_mark(), {}, { input }
  while #todo > 0 do
    local next = table.remove(todo)
    if next.output.mark ~= mark and next:inputs_known(mark) then
      plan[#plan + 1] = next
      next.output.mark = mark
      add_readers(next.output, todo)
    end
  end
  return plan
end

local function execute(plan)
  for _, constraint in ipairs(plan) do constraint:execute() end
end

--- Sets a variable to one value after the other, and calls check(value) each time.
local function edit(variable, values, check)
  local input = new_unary(variable, PREFERRED, true)
  input:add()
  local plan = Planner.plan(input)
  for value = 1, values do
    variable.value = value
    execute(plan)
    check(value)
  end
  input:remove()
end

local function chain(length)
  local first = new_variable(0)
  local last = first
  for _ = 1, length do
    local next = new_variable(0)
    new_binary(last, next, REQUIRED):add()
    last = next
  end
  new_unary(last, DEFAULT, false):add()
  edit(first, 100, function(value)
    assert(last.value == value, "deltablue: the chain's end has another value")
  end)
end

local function projection(count)
  local scale, offset = new_variable(10), new_variable(1000)
  local from, to = {}, {}
  for i = 1, count do
    from[i], to[i] = new_variable(i), new_variable(i)
    new_unary(from[i], DEFAULT, false):add()
    new_binary(from[i], to[i], REQUIRED, scale, offset):add()
  end
  edit(from[1], 20, function(value)
    assert(to[1].value == value * 10 + 1000, "deltablue: forward")
  end)
  edit(to[1], 20, function(value)
    assert(from[1].value == (value - 1000) // 10, "deltablue: backward")
  end)
  edit(scale, 5, function(value)
    for i = 2, count do assert(to[i].value == i * value + 1000, "deltablue: scale") end
  end)
  edit(offset, 5, function(value)
    for i = 2, count do assert(to[i].value == i * scale.value + value, "deltablue: offset") end
  end)
end

return function(n)
  for _ = 1, n * 6 do
    chain(100)
    projection(100)
  end
end
