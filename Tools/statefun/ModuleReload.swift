import Gateway
import HTTPFunctionEndpoint
import SpecParser
import TransportCore

/// Has a gateway use its module file again: when somebody asks for it, and when the file has changed.
struct ModuleReload {
    private let file: String
    private let options: FunctionModule.Options
    private let selfCall: SelfCall
    private let makeTransports: @Sendable () -> StandardTransports
    private var change: FileChange<Result<ModuleText, FileBytes.Problem>>
    /// What was wrong when the file was looked at last.
    private var problems: [SpecDiagnostic] = []

    /// - Parameters:
    ///   - module: what is in use.
    ///   - selfCall: finds endpoints that are the gateway itself.
    init(
        of module: FunctionModule,
        options: FunctionModule.Options,
        selfCall: SelfCall,
        makeTransports: @escaping @Sendable () -> StandardTransports
    ) {
        file = module.text.file
        self.options = options
        self.selfCall = selfCall
        self.makeTransports = makeTransports
        change = FileChange(from: .success(module.text))
    }

    /// Looks at the file.
    /// - Parameter isAsked: whether somebody wants it used, changed or not.
    mutating func look(isAsked: Bool, for gateway: Gateway) {
        let contents = Result { () throws(FileBytes.Problem) in
            ModuleText(file: file, bytes: try FileBytes.read(file, atMost: FunctionModule.maxFileBytes))
        }
        var news = FileChange<Result<ModuleText, FileBytes.Problem>>.News.changed
        if isAsked {
            change.asked(for: contents)
        } else {
            news = change.looked(at: contents)
        }
        guard news != .nothing else { return }
        switch contents {
        case .success(let text): takeOver(text, isKnown: news == .refusedBefore, gateway)
        case .failure(let problem): RunReport.line(.failure, "\(file) cannot be read, so the one before stays: \(problem)")
        }
    }

    /// - Parameter isKnown: whether it has been said already that the file cannot be used.
    private mutating func takeOver(_ text: ModuleText, isKnown: Bool, _ gateway: Gateway) {
        let transports = makeTransports()
        let module = FunctionModule(
            text,
            options: options,
            transports: transports.registry,
            connector: transports.connector
        )
        let selfCall = selfCall.problem(in: module)
        let found = module.diagnostics + (selfCall.map { [$0] } ?? [])
        let isUsable = !module.hasErrors && !module.endpoints.isEmpty && selfCall == nil
        defer { problems = found }
        if isKnown, !isUsable, found == problems {
            change.refused()
            return
        }
        if !found.isEmpty {
            let terminal = Terminal.standardError
            terminal.write(terminal.diagnosticRenderer.render(found, in: [module.text]))
        }
        if !module.hasErrors, module.endpoints.isEmpty {
            RunReport.line(.failure, "\(file) has no endpoint, so there is nothing to call")
        }
        guard isUsable else {
            change.refused()
            RunReport.line(.failure, "\(file) cannot be used as it is now; the one before stays")
            return
        }
        change.used()
        gateway.replace(module, transports: transports)
        RunReport.line(.success, "\(file) has been read again and is used now")
    }
}
