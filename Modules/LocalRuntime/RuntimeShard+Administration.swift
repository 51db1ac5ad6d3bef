internal import HTTPFunctionEndpoint
internal import RequestReply
internal import RuntimeCore
internal import TransportCore

extension RuntimeShard {
    func use(_ egresses: [any Egress]) {
        self.egresses = NameTable(egresses.map { ($0.egressType, $0) })
    }

    func waiting(for functionType: String) -> Int {
        functions[functionType]?.waiting ?? 0
    }

    /// Why a function does not answer, with where it was called.
    func reason(_ kind: RequestReplyFailure.Kind, of functionType: String) -> String {
        let url = (try? route(to: functionType))?.url.withoutQuery
        // Which status is not known here; what a client that is tried again for may be, is.
        let text = kind == .passingStatus ? "it answers with an error status, such as 500 or 503" : kind.description
        return (url.map { "\($0): " } ?? "") + text
    }
}

extension RuntimeShard: RuntimeAdministration {
    func readiness() async -> Readiness {
        if isStopping { return .notReady("the runtime is stopping") }
        if !isStarted { return .notReady("the runtime is starting") }
        if let storeFailure { return .notReady("nothing can be stored: \(storeFailure)") }
        return .ready
    }

    func answer(_ request: [UInt8]) async -> [UInt8] {
        let answer: RuntimeAnswer
        do {
            answer = await self.answer(try RuntimeRequest(decoding: request))
        } catch {
            answer = .refused(reason: "this is no request that the runtime knows: \(error); use the 'statefun' of the same version")
        }
        return (try? answer.encoded()) ?? []
    }

    func answer(_ request: RuntimeRequest) async -> RuntimeAnswer {
        do {
            return try await respond(to: request)
        } catch let refusal as AdministrationRefusal {
            return .refused(reason: refusal.reason)
        } catch let refusal as IngressRefusal {
            return .refused(reason: refusal.message)
        } catch {
            return .refused(reason: "the store cannot be read: \(error)")
        }
    }

    private func respond(to request: RuntimeRequest) async throws -> RuntimeAnswer {
        switch request {
        case .send(let address, let typename, let value, let key):
            try await accept(IngressMessage(to: address, typename: typename, .encoded(value.bytes), idempotencyKey: key))
            return .accepted
        case .addresses(let functionType, let last, let limit):
            return try await listAddresses(of: functionType, after: last, limit: Self.page(limit))
        case .state(let address):
            return try await showState(of: address)
        case .setState(let address, let name, let typename, let value):
            try checkStoring()
            try await setState(of: address, name: name, typename: typename, value: value.bytes)
            return .changed(names: [name])
        case .clearState(let address, let name):
            try checkStoring()
            return .changed(names: try await clearState(of: address, name: name))
        case .pending(let functionType, let last, let limit):
            let summary = try await pendingSummary()
            let (found, hasMore) = await pendingAddresses(of: functionType, after: last, limit: Self.page(limit))
            return .pending(summary: summary, found: found, hasMore: hasMore)
        case .deadLetters(let last, let limit):
            return try await listLetters(after: last ?? 0, limit: Self.page(limit))
        case .deadLetter(let sequence):
            return try await showLetter(sequence)
        case .replay(let sequences):
            try checkStoring()
            return await settle(sequences, replay)
        case .drop(let sequences):
            try checkStoring()
            return await settle(sequences) { _ throws(AdministrationRefusal) in }
        }
    }

    /// So much is answered at a time.
    private static func page(_ limit: Int) -> Int { min(1_000, max(1, limit)) }

    /// Changes are made where they can be stored soon, as whoever asks waits for that.
    private func checkStoring() throws(AdministrationRefusal) {
        if isStopping { throw AdministrationRefusal("the runtime is stopping; ask again when it is back, or has ended") }
        if let storeFailure { throw AdministrationRefusal("nothing can be stored: \(storeFailure)") }
    }

    /// Returns when the store has what was done until now, or cannot take it.
    private func settled() async {
        if storeFailure == nil {
            try? await flushed()
        }
    }

    private func listAddresses(of functionType: String?, after last: RuntimeAddress?, limit: Int) async throws(StoreFailure)
        -> RuntimeAnswer
    {
        await settled()
        let listed = try await store.addresses(of: functionType, after: last, limit: limit + 1)
        let page = Array(listed.prefix(limit))
        let values = try await shownValues(of: page)
        let found = zip(page, values).map { address, values in
            RuntimeAnswer.AddressSummary(
                address: address,
                names: values.names.sorted(),
                bytes: values.values.reduce(0) { $0 + $1.value.bytes.count }
            )
        }
        return .addresses(found: found, hasMore: listed.count > limit)
    }

    private func showState(of address: RuntimeAddress) async throws(StoreFailure) -> RuntimeAnswer {
        let values = try await shownValues(of: [address]).first ?? [:]
        let kept = values.sorted().map { name, value in
            RuntimeAnswer.KeptValue(name: name, value: OpaqueBytes(value.value.bytes), expires: value.expires?.milliseconds)
        }
        let declared = declared(by: address.functionType).map { RuntimeAnswer.DeclaredValue(name: $0.name, typename: $0.typename) }
        return .state(values: kept, declared: declared)
    }

    private func listLetters(after last: Int64, limit: Int) async throws(StoreFailure) -> RuntimeAnswer {
        await settled()
        var summaries: [RuntimeAnswer.LetterSummary] = []
        // One by one: what a letter holds may be large, and is not shown in a list.
        while let letter = try await store.deadLetters(after: summaries.last?.sequence ?? last, limit: 1).first {
            guard summaries.count < limit else { return .deadLetters(found: summaries, hasMore: true) }
            summaries.append(RuntimeAnswer.LetterSummary(letter))
        }
        return .deadLetters(found: summaries, hasMore: false)
    }

    private func showLetter(_ sequence: Int64) async throws(AdministrationRefusal) -> RuntimeAnswer {
        await settled()
        let letter = try await letter(sequence)
        let summary = RuntimeAnswer.LetterSummary(letter)
        return switch letter.content {
        case .batch(let invocations): .deadLetter(summary: summary, messages: invocations.map { OpaqueBytes($0) }, egressValue: nil)
        case .egress(_, let value): .deadLetter(summary: summary, messages: [], egressValue: OpaqueBytes(value))
        }
    }
}
