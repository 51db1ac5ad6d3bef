internal import RuntimeCore

extension ReaderSession {
    /// What was going on when the store was last used: reads what waits, and no state.
    func recover() throws(StoreFailure) -> RecoveredContents {
        try snapshot { () throws(StoreFailure) in
            guard let last = try statements.lastSequence.firstRow({ statements.lastSequence.number(0) }) else {
                throw file.damaged("it does not say how far it has come")
            }
            var contents = RecoveredContents(lastSequence: last)
            let registered = statements.registered
            contents.registered = try registered.rows { () throws(StoreFailure) in
                guard let kind = StoredExpiration(rawValue: registered.number(3)) else {
                    throw file.damaged("it has an expiration of the unknown kind \(registered.number(3))")
                }
                return RegisteredState(
                    functionType: try functions.name(of: registered.number(0)),
                    name: registered.text(1),
                    typename: registered.text(2),
                    expiration: kind.expiration(milliseconds: registered.number(4))
                )
            }
            let waiting = statements.waiting
            contents.waiting = try waiting.rows { () throws(StoreFailure) in
                WaitingMessages(
                    address: RuntimeAddress(functionType: try functions.name(of: waiting.number(0)), id: waiting.text(1)),
                    count: Int(waiting.number(2)),
                    first: waiting.number(3)
                )
            }
            let topics = statements.topics
            try topics.forEachRow { () throws(StoreFailure) in
                contents.egress.append(WaitingRecords(topic: topics.text(0), count: Int(topics.number(1))))
            }
            return contents
        }
    }

    func state(of addresses: [RuntimeAddress]) throws(StoreFailure) -> [[StoredState]] {
        let state = statements.state
        return try snapshot { () throws(StoreFailure) in
            var values: [[StoredState]] = []
            values.reserveCapacity(addresses.count)
            for address in addresses {
                guard let function = try functions.number(of: address.functionType) else {
                    values.append([])
                    continue
                }
                try state.bind(1, function)
                try state.bind(2, address.id)
                values.append(
                    try state.rows {
                        StoredState(
                            address: address,
                            name: state.text(0),
                            value: state.bytes(1),
                            expires: state.isNull(2) ? nil : WallTime(milliseconds: state.number(2))
                        )
                    }
                )
            }
            return values
        }
    }

    func addresses(
        of functionType: String?,
        after address: RuntimeAddress?,
        limit: Int
    ) throws(StoreFailure) -> [RuntimeAddress] {
        try snapshot { () throws(StoreFailure) in
            var found: [RuntimeAddress] = []
            for type in try functionTypes(functionType, from: address?.functionType ?? "") where found.count < limit {
                // The type of `address` may be the first one; of the others there is nothing to leave out.
                let start = address.flatMap { $0.functionType.utf8.elementsEqual(type.utf8) ? $0.id : nil }
                found += try ids(of: type, after: start, limit: limit - found.count)
                    .map { RuntimeAddress(functionType: type, id: $0) }
            }
            return found
        }
    }

    /// The types from `first` on, of which there may be `only` one, in the order of their bytes.
    private func functionTypes(_ only: String?, from first: String) throws(StoreFailure) -> [String] {
        if let only {
            return only.utf8.lexicographicallyPrecedes(first.utf8) ? [] : [only]
        }
        try statements.types.bind(1, first)
        return try statements.types.rows { statements.types.text(0) }
    }

    private func ids(of functionType: String, after id: String?, limit: Int) throws(StoreFailure) -> [String] {
        guard let function = try functions.number(of: functionType) else { return [] }
        let ids = statements.ids
        try ids.bind(1, function)
        try ids.bind(2, id ?? "")
        // One more, because the first one may be the one that only others are wanted after.
        try ids.bind(3, Int64(min(limit, .max - 1)) + 1)
        var found = try ids.rows { ids.text(0) }
        if let id, let first = found.first, first.utf8.elementsEqual(id.utf8) { found.removeFirst() }
        return Array(found.prefix(limit))
    }
}
