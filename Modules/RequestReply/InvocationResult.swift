/// Everything that a function wants done after a batch. It is applied as a whole or not at all.
public struct InvocationResult: Hashable, Sendable {
    /// A message to another function, or to the same one.
    public struct Message: Hashable, Sendable {
        public var target: MessageAddress
        public var argument: FunctionValue

        public init(to target: MessageAddress, _ argument: FunctionValue) {
            self.target = target
            self.argument = argument
        }
    }

    /// Something about messages that are sent later.
    public enum DelayedMessage: Hashable, Sendable {
        /// Send the message when so much time has passed, at least 0. A token lets it be taken back until then.
        case send(Message, after: Duration, token: String?)
        /// Take back the message that was sent with this token, should it still be waiting.
        case cancel(token: String)
    }

    /// A message that leaves the application.
    public struct EgressMessage: Hashable, Sendable {
        /// The egress that it goes to, as `namespace/name`.
        public var egress: String
        public var argument: FunctionValue

        public init(to egress: String, _ argument: FunctionValue) {
            self.egress = egress
            self.argument = argument
        }
    }

    /// Values that were set, and those that were deleted: they have none.
    public var stateChanges: [StateValue]
    /// Messages to the same target keep their order.
    public var messages: Messages
    public var delayedMessages: [DelayedMessage]
    public var egresses: [EgressMessage]

    public init(
        stateChanges: [StateValue] = [],
        messages: [Message] = [],
        delayedMessages: [DelayedMessage] = [],
        egresses: [EgressMessage] = []
    ) {
        self.stateChanges = stateChanges
        self.messages = Messages(messages)
        self.delayedMessages = delayedMessages
        self.egresses = egresses
    }

    /// Whether there is nothing to be done.
    public var isEmpty: Bool {
        stateChanges.isEmpty && messages.isEmpty && delayedMessages.isEmpty && egresses.isEmpty
    }

    /// A JSON object for programs, with the lists `state`, `messages`, `delayed` and `egress`.
    public var json: String {
        JSONText.object([
            ("state", JSONText.array(stateChanges.map(\.json))),
            ("messages", JSONText.array(messages.map { JSONText.object($0.members) })),
            ("delayed", JSONText.array(delayedMessages.map(\.json))),
            (
                "egress",
                JSONText.array(egresses.map { JSONText.object([("egress", JSONText.quoted($0.egress)), ("argument", $0.argument.json)]) })
            ),
        ])
    }
}

extension InvocationResult.Message {
    fileprivate var members: [(key: String, json: String)] {
        [
            ("namespace", JSONText.quoted(target.namespace)),
            ("type", JSONText.quoted(target.type)),
            ("id", JSONText.quoted(target.id)),
            ("argument", argument.json),
        ]
    }
}

extension InvocationResult.DelayedMessage {
    fileprivate var json: String {
        switch self {
        case .send(let message, let delay, let token):
            var members = message.members
            members.append(("milliseconds", "\(delay.inWholeMilliseconds)"))
            if let token {
                members.append(("token", JSONText.quoted(token)))
            }
            return JSONText.object(members)
        case .cancel(let token):
            return JSONText.object([("cancel", JSONText.quoted(token))])
        }
    }
}
