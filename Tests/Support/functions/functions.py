"""Functions written with the published SDK, as users write them. The tests call them.

Each one shows a part of the request-reply protocol; together they use every kind of effect and every built-in type.
"""

import asyncio
from collections import defaultdict
from datetime import timedelta

from statefun import (
    BoolType,
    Context,
    DoubleType,
    FloatType,
    IntType,
    LongType,
    Message,
    StatefulFunctions,
    StringType,
    ValueSpec,
    egress_message_builder,
    make_json_type,
    message_builder,
)

GREET_REQUEST = make_json_type("example/GreetRequest")
GREET_REPLY = make_json_type("example/GreetReply")
TIMER_REQUEST = make_json_type("example/TimerRequest")
FORWARD_REQUEST = make_json_type("example/ForwardRequest")
COMMANDS = make_json_type("example/Commands")
EGRESS_RECORD = make_json_type("io.statefun.playground/EgressRecord")

PLAYGROUND_EGRESS = "io.statefun.playground/egress"
GREETINGS_EGRESS = "com.example/greetings"

functions = StatefulFunctions()


def tell(context: Context, text: str, topic: str = "told"):
    """Sends a text to a topic of the playground's egress."""
    context.send_egress(egress_message_builder(PLAYGROUND_EGRESS, {"topic": topic, "payload": text}, EGRESS_RECORD))


@functions.bind("com.example/greeter", specs=[ValueSpec(name="seen_count", type=IntType)])
def greeter(context: Context, message: Message):
    """Counts its visits; tells two egresses, and the caller where there is one."""
    name = message.as_type(GREET_REQUEST)["name"]
    seen = (context.storage.seen_count or 0) + 1
    context.storage.seen_count = seen
    greeting = f"Hello {name} for the {seen}. time"
    context.send_egress(egress_message_builder(GREETINGS_EGRESS, greeting, StringType))
    tell(context, greeting, topic="greetings")
    if context.caller:
        reply = {"greeting": greeting, "seen": seen}
        context.send(message_builder(context.caller.typename, context.caller.id, value=reply, value_type=GREET_REPLY))


@functions.bind("com.example/counter", specs=[ValueSpec(name="count", type=LongType)])
def counter(context: Context, message: Message):
    """Adds a `long`; a `string` deletes the count. The caller, where there is one, hears the count."""
    if message.is_string():
        del context.storage.count
        return
    count = (context.storage.count or 0) + message.as_long()
    context.storage.count = count
    if context.caller:
        context.send(message_builder(context.caller.typename, context.caller.id, long_value=count))


@functions.bind("com.example/tally", specs=[ValueSpec(name="count", type=LongType)])
def tally(context: Context, message: Message):
    """Counts what it gets, whatever it is, and tells the egress the first word of it."""
    context.storage.count = (context.storage.count or 0) + 1
    record = {"topic": "counts", "payload": message.raw_value().split(b" ", 1)[0].decode()}
    context.send_egress(egress_message_builder(PLAYGROUND_EGRESS, record, EGRESS_RECORD))


BUILT_IN = {
    "bool": BoolType,
    "int": IntType,
    "long": LongType,
    "float": FloatType,
    "double": DoubleType,
    "string": StringType,
}


@functions.bind("com.example/types", specs=[ValueSpec(name=f"last_{name}", type=tpe) for name, tpe in BUILT_IN.items()])
def types(context: Context, message: Message):
    """Keeps the last value of each built-in type, and sends the value before it to `com.example/sink`."""
    for name, tpe in BUILT_IN.items():
        if message.value_typename() == tpe.typename:
            before = getattr(context.storage, f"last_{name}")
            setattr(context.storage, f"last_{name}", message.as_type(tpe))
            if before is not None:
                context.send(message_builder("com.example/sink", context.address.id, value=before, value_type=tpe))
            return
    raise ValueError(f"{message.value_typename()} is no built-in type")


@functions.bind("com.example/timer", specs=[ValueSpec(name="fired", type=IntType)])
def timer(context: Context, message: Message):
    """`{"delay_ms": …, "token": …}` sends a delayed `int` to itself, `{"cancel": token}` takes it back."""
    if message.is_int():
        context.storage.fired = (context.storage.fired or 0) + message.as_int()
        return
    request = message.as_type(TIMER_REQUEST)
    if "cancel" in request:
        context.cancel_delayed_message(request["cancel"])
        return
    later = message_builder("com.example/timer", context.address.id, int_value=1)
    context.send_after(timedelta(milliseconds=request["delay_ms"]), later, request.get("token", ""))


@functions.bind(
    "com.example/expiring",
    specs=[
        ValueSpec(name="kept", type=IntType),
        ValueSpec(name="written", type=IntType, expire_after_write=timedelta(seconds=2)),
        ValueSpec(name="invoked", type=IntType, expire_after_call=timedelta(seconds=3)),
    ],
)
def expiring(context: Context, message: Message):
    """An `int` is written into three states that live differently long; anything else only calls the function.

    The `string` "report" has it tell the egress what it sees.
    """
    if message.is_int():
        context.storage.kept = message.as_int()
        context.storage.written = message.as_int()
        context.storage.invoked = message.as_int()
    elif message.is_string() and message.as_string() == "report":
        tell(context, f"{context.storage.kept} {context.storage.written} {context.storage.invoked}")


@functions.bind("com.example/forwarder")
def forwarder(context: Context, message: Message):
    """`{"targets": ["namespace/name/id", …]}` sends each target its place in the list."""
    for place, target in enumerate(message.as_type(FORWARD_REQUEST)["targets"]):
        typename, _, identifier = target.rpartition("/")
        context.send(message_builder(typename, identifier, int_value=place))


@functions.bind("com.example/sink")
async def sink(context: Context, message: Message):
    """Takes everything and does nothing: a result without effects."""


@functions.bind("com.example/failing")
def failing(context: Context, message: Message):
    """Never answers with a result; the server says 500."""
    raise RuntimeError("this function fails on purpose")


def pass_on(context: Context, message: Message, target: str):
    """Sends the number before an `int` to `target` with the same id; tells the egress at 0."""
    number = message.as_int()
    if number > 0:
        context.send(message_builder(target, context.address.id, int_value=number - 1))
    else:
        tell(context, f"{context.address.typename}/{context.address.id} after {context.caller.typename}/{context.caller.id}")


@functions.bind("com.example/countdown")
def countdown(context: Context, message: Message):
    """Sends to itself until it comes to 0."""
    pass_on(context, message, "com.example/countdown")


@functions.bind("com.example/ping")
def ping(context: Context, message: Message):
    """Sends to `com.example/pong`, which sends back."""
    pass_on(context, message, "com.example/pong")


@functions.bind("com.example/pong")
def pong(context: Context, message: Message):
    """Sends to `com.example/ping`, which sends back."""
    pass_on(context, message, "com.example/ping")


RELEASES = defaultdict(asyncio.Event)
HELD = defaultdict(set)


@functions.bind("com.example/held")
async def held(context: Context, message: Message):
    """Answers only when `com.example/releaser` has heard of the group that the `string` names; tells how many were held then."""
    group = message.as_string()
    HELD[group].add(context.address.id)
    await RELEASES[group].wait()
    tell(context, f"{context.address.id} was one of {len(HELD[group])}")


@functions.bind("com.example/releaser")
async def releaser(context: Context, message: Message):
    """Lets a group of `com.example/held` go."""
    RELEASES[message.as_string()].set()


@functions.bind("com.example/commander", specs=[ValueSpec(name="total", type=LongType)])
def commander(context: Context, message: Message):
    """Does a list of commands, in one step: add to the state, send commands on now or later, take back, tell the egress."""
    for command in message.as_type(COMMANDS):
        match command["do"]:
            case "add":
                context.storage.total = (context.storage.total or 0) + command["amount"]
            case "send":
                context.send(message_builder("com.example/commander", command["to"], value=command["commands"], value_type=COMMANDS))
            case "later":
                later = message_builder("com.example/commander", command["to"], value=command["commands"], value_type=COMMANDS)
                context.send_after(timedelta(milliseconds=command["delay_ms"]), later, command.get("token", ""))
            case "cancel":
                context.cancel_delayed_message(command["token"])
            case "egress":
                tell(context, command["text"])
            case "report":
                tell(context, f"{context.address.id}={context.storage.total or 0}", topic="totals")
