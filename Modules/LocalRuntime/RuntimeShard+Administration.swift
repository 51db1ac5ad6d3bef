internal import HTTPFunctionEndpoint
internal import RuntimeCore
internal import TransportCore

extension RuntimeShard {
    func use(_ egresses: [any Egress]) {
        self.egresses = Dictionary(egresses.map { ($0.egressType, $0) }, uniquingKeysWith: { first, _ in first })
    }

    func waiting(for functionType: String) -> Int {
        functionIDs[functionType].flatMap { functions[$0]?.waiting } ?? 0
    }

    /// Why a function does not answer, with where it was called.
    func reason(_ kind: RequestReplyFailure.Kind, of functionType: String) -> String {
        let url = (try? route(to: functionType))?.url.withoutQuery
        return (url.map { "\($0): " } ?? "") + kind.description
    }
}

extension RuntimeShard: RuntimeAdministration {
    func readiness() async -> Readiness {
        if isStopping { return .notReady("the runtime is stopping") }
        if !isStarted { return .notReady("the runtime is starting") }
        if let storeFailure { return .notReady("nothing can be stored: \(storeFailure)") }
        return .ready
    }

    func figures() async -> String { "" }

    func answer(_ request: [UInt8]) async -> [UInt8] { [] }
}
