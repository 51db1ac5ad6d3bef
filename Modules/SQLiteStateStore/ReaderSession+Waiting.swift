internal import RuntimeCore

extension ReaderSession {
    func messages(of address: RuntimeAddress, after sequence: Int64, limit: Int, bytes: Int) throws(StoreFailure) -> [StoredMessage] {
        guard let function = try functions.number(of: address.functionType) else { return [] }
        let messages = statements.messages
        try messages.bind(1, function)
        try messages.bind(2, address.id)
        try messages.bind(3, sequence)
        try messages.bind(4, Int64(limit))
        return try messages.rows(bytes) {
            $0.invocation.count
        } of: {
            StoredMessage(sequence: messages.number(0), target: address, invocation: messages.bytes(1))
        }
    }

    func waiting(
        of functionType: String,
        after id: String?,
        upTo sequence: Int64,
        limit: Int
    ) throws(StoreFailure) -> [WaitingMessages] {
        guard let function = try functions.number(of: functionType) else { return [] }
        let waiting = statements.waitingOfType
        try waiting.bind(1, function)
        try waiting.bind(2, id ?? "")
        try waiting.bind(3, sequence)
        // One more, because the first one may be the one that only others are wanted after.
        try waiting.bind(4, Int64(min(limit, .max - 1)) + 1)
        var found = try waiting.rows {
            WaitingMessages(
                address: RuntimeAddress(functionType: functionType, id: waiting.text(0)),
                count: Int(waiting.number(1)),
                first: waiting.number(2)
            )
        }
        if let id, let first = found.first, first.address.id.utf8.elementsEqual(id.utf8) { found.removeFirst() }
        return Array(found.prefix(limit))
    }

    func delayed(after place: DelayedPlace?, limit: Int) throws(StoreFailure) -> [DelayedMessage] {
        let delayed = statements.delayed
        try delayed.bind(1, place?.due.milliseconds ?? .min)
        try delayed.bind(2, place?.sequence ?? .min)
        try delayed.bind(3, Int64(limit))
        return try snapshot { () throws(StoreFailure) in
            try delayed.rows { () throws(StoreFailure) in
                DelayedMessage(
                    due: WallTime(milliseconds: delayed.number(0)),
                    message: StoredMessage(
                        sequence: delayed.number(1),
                        target: RuntimeAddress(functionType: try functions.name(of: delayed.number(2)), id: delayed.text(3)),
                        invocation: delayed.bytes(4)
                    ),
                    cancellation: delayed.isNull(5)
                        ? nil : DelayedMessage.Cancellation(token: delayed.text(5), senderID: delayed.text(6))
                )
            }
        }
    }

    func egress(topic: String, after sequence: Int64, limit: Int, bytes: Int) throws(StoreFailure) -> [EgressRecord] {
        let egress = statements.egress
        try egress.bind(1, topic)
        try egress.bind(2, sequence)
        try egress.bind(3, Int64(limit))
        return try egress.rows(bytes) {
            $0.payload.count
        } of: {
            EgressRecord(sequence: egress.number(0), topic: topic, payload: egress.bytes(1))
        }
    }

    func isAccepted(_ key: String) throws(StoreFailure) -> Bool {
        try statements.acceptedKey.bind(1, key)
        return try statements.acceptedKey.firstRow { true } ?? false
    }

    func deadLetters(after sequence: Int64, limit: Int) throws(StoreFailure) -> [DeadLetter] {
        let letters = statements.deadLetters
        try letters.bind(1, sequence)
        try letters.bind(2, Int64(limit))
        return try snapshot { () throws(StoreFailure) in
            try letters.rows { () throws(StoreFailure) in
                let contents = try contents(ofDeadLetter: letters.number(0))
                return DeadLetter(
                    sequence: letters.number(0),
                    time: WallTime(milliseconds: letters.number(1)),
                    address: RuntimeAddress(functionType: try functions.name(of: letters.number(2)), id: letters.text(3)),
                    content: letters.isNull(4) ? .batch(contents) : .egress(letters.text(4), contents.first ?? []),
                    cause: letters.text(5),
                    attempts: Int(letters.number(6))
                )
            }
        }
    }

    private func contents(ofDeadLetter sequence: Int64) throws(StoreFailure) -> [[UInt8]] {
        let content = statements.deadLetterContent
        try content.bind(1, sequence)
        return try content.rows { content.bytes(0) }
    }
}
