extension InvocationResult {
    /// The messages of a result, in the order in which the function sent them.
    ///
    /// Those of an answer stay the bytes that came: a ``Message`` is made of them when it is asked for, and
    /// ``invocation(at:from:)`` passes a value on without looking into it. So they hold the whole answer as long as they live.
    public struct Messages: Sendable {
        enum Storage: Sendable {
            case values([Message])
            case encoded(Encoded)
        }

        /// Messages within the bytes of an answer, each of them known to be sound.
        struct Encoded: Sendable {
            /// Where a message is. Offsets count in ``source``.
            struct Place: Sendable {
                /// In ``targets``.
                let target: Int32
                /// In ``types``.
                let type: Int32
                /// The `TypedValue` message.
                let argument: Range<UInt32>
                /// The bytes in it that stand for the value.
                let value: Range<UInt32>
            }

            var source: [UInt8] = []
            /// A message names the target of the one before it by the same number, where the two are the same.
            var targets: [MessageAddress] = []
            var types: [(typename: String, builtIn: BuiltInType?)] = []
            var places: [Place] = []
        }

        let storage: Storage

        /// Messages from anywhere.
        public init(_ messages: some Sequence<Message>) {
            storage = .values(Array(messages))
        }

        init(_ messages: Encoded) {
            storage = .encoded(messages)
        }

        /// Whom a message is for.
        /// - Parameter index: the number of the message, from 0 to ``count`` - 1.
        public func target(at index: Int) -> MessageAddress {
            switch storage {
            case .values(let messages): messages[index].target
            case .encoded(let messages): messages.targets[Int(messages.places[index].target)]
            }
        }

        /// Whether a message is known to be for the same target as the one before it, without comparing the two.
        /// - Parameter index: the number of the message, from 0 to ``count`` - 1.
        public func repeatsTarget(at index: Int) -> Bool {
            guard index > 0, case .encoded(let messages) = storage else { return false }
            return messages.places[index].target == messages.places[index - 1].target
        }

        /// A message as the invocation that its target gets.
        /// - Parameters:
        ///   - index: the number of the message, from 0 to ``count`` - 1.
        ///   - caller: the function that sends it.
        public func invocation(at index: Int, from caller: EncodedCaller) -> EncodedInvocation {
            switch storage {
            case .values(let messages):
                EncodedValue(messages[index].argument).bytes.withUnsafeBytes { EncodedInvocation(argument: $0, from: caller) }
            case .encoded(let messages):
                messages.bytes(messages.places[index].argument) { EncodedInvocation(argument: $0, from: caller) }
            }
        }
    }
}

extension InvocationResult.Messages.Encoded {
    func bytes<Result>(_ range: Range<UInt32>, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        source.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[Int(range.lowerBound)..<Int(range.upperBound)])) }
    }

    func message(_ index: Int) -> InvocationResult.Message {
        let place = places[index]
        let type = types[Int(place.type)]
        let value = bytes(place.value) { bytes in
            type.builtIn.flatMap { FunctionValue(plain: bytes, $0) } ?? .custom(typename: type.typename, bytes: Array(bytes))
        }
        return InvocationResult.Message(to: targets[Int(place.target)], value)
    }
}

extension InvocationResult.Messages: RandomAccessCollection {
    public var startIndex: Int { 0 }

    public var endIndex: Int {
        switch storage {
        case .values(let messages): messages.count
        case .encoded(let messages): messages.places.count
        }
    }

    /// The message of a number from 0 to ``count`` - 1.
    public subscript(index: Int) -> InvocationResult.Message {
        switch storage {
        case .values(let messages): messages[index]
        case .encoded(let messages): messages.message(index)
        }
    }
}

extension InvocationResult.Messages: Hashable {
    /// Whether both hold the same messages, however they hold them.
    public static func == (left: Self, right: Self) -> Bool { left.elementsEqual(right) }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(count)
        for message in self {
            hasher.combine(message)
        }
    }
}

extension InvocationResult.Messages: ExpressibleByArrayLiteral {
    public init(arrayLiteral messages: InvocationResult.Message...) {
        self.init(messages)
    }
}

extension InvocationResult.Messages: CustomStringConvertible {
    public var description: String { Array(self).description }
}
