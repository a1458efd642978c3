"""Breaks that `checks.functions` has to notice."""

from tests.templates.breaking import Break, attribute, hub

BREAKS = (
    hub("another runtime", "functions_are_as_agreed", "LookFunction.Properties.Runtime", "python3.11"),
    Break(
        "a runtime is left out",
        "every_runtime_that_fits_may_be_chosen",
        "hub",
        "Parameters.Runtime.AllowedValues.0",
    ),
    hub("another handler", "functions_are_as_agreed", "ActFunction.Properties.Handler", "act.handler"),
    hub("front takes its time", "functions_are_as_agreed", "FrontFunction.Properties.Timeout", 30),
    hub(
        "concurrency is reserved", "functions_are_as_agreed", "LookFunction.Properties.ReservedConcurrentExecutions", 5
    ),
    hub(
        "front shares what it should have for itself",
        "functions_are_as_agreed",
        "FrontFunction.Properties.ReservedConcurrentExecutions",
    ),
    hub(
        "more acts run at once than the account is asked for",
        "queues_feed_their_functions",
        "ActMapping.Properties.ScalingConfig.MaximumConcurrency",
        50,
    ),
    Break("there may be too much to tell", "environments_fit", "hub", "Parameters.LongerGrace.MaxLength", 2_000),
    Break("there may be any number of Regions", "environments_fit", "hub", "Parameters.Regions.MaxLength"),
    hub("a function borrows a role", "functions_are_as_agreed", "FrontFunction.Properties.Role", attribute("ActRole")),
    hub(
        "a setting is missing",
        "settings_are_as_agreed",
        "LookFunction.Properties.Environment.Variables.COASTGUARD_TABLE",
    ),
    hub(
        "front knows the table",
        "settings_are_as_agreed",
        "FrontFunction.Properties.Environment.Variables.COASTGUARD_TABLE",
        {"Ref": "Table"},
    ),
    hub(
        "a setting names another queue",
        "settings_are_as_agreed",
        "ActFunction.Properties.Environment.Variables.COASTGUARD_LOOKS_QUEUE_URL",
        {"Ref": "ActsQueue"},
    ),
    hub(
        "front is not told of the policy",
        "settings_are_as_agreed",
        "FrontFunction.Properties.Environment.Variables.COASTGUARD_POLICY_PLACE",
    ),
    hub(
        "the role's name begins with a slash",
        "settings_are_as_agreed",
        "LookFunction.Properties.Environment.Variables.COASTGUARD_READER_ROLE",
        {"Fn::Sub": "${SpokeRolePath}coastguard-reader"},
    ),
    hub(
        "the token is in the environment",
        "secrets_stay_in_the_secret",
        "FrontFunction.Properties.Environment.Variables.COASTGUARD_SLACK_TEAM",
        {"Ref": "SlackBotToken"},
    ),
    Break("the token is shown in the console", "secrets_stay_in_the_secret", "hub", "Parameters.SlackBotToken.NoEcho"),
    Break(
        "the signing secret has a default",
        "secrets_stay_in_the_secret",
        "hub",
        "Parameters.SlackSigningSecret.Default",
        "",
    ),
    Break(
        "the token is an output",
        "secrets_stay_in_the_secret",
        "hub",
        "Outputs.SecretArn.Value",
        {"Ref": "SlackBotToken"},
    ),
    hub(
        "the secret has another key",
        "secrets_stay_in_the_secret",
        "Secret.Properties.SecretString",
        {"Fn::Sub": '{"token":"${SlackBotToken}"}'},
    ),
    hub("logs stay for ever", "logs_are_ready_and_end", "ActLogs.Properties.RetentionInDays"),
    hub("a function starts before its log group", "logs_are_ready_and_end", "SweepFunction.Properties.LoggingConfig"),
    hub("a log group has another name", "logs_are_ready_and_end", "FrontLogs.Properties.LogGroupName", "front"),
    hub(
        "one bad record spoils the batch", "queues_feed_their_functions", "LookMapping.Properties.FunctionResponseTypes"
    ),
    hub("a thousand without a window", "queues_feed_their_functions", "IngestMapping.Properties.BatchSize", 1000),
    hub("several repairs at once", "queues_feed_their_functions", "ActMapping.Properties.BatchSize", 10),
    hub(
        "a window on a FIFO queue",
        "queues_feed_their_functions",
        "LookMapping.Properties.MaximumBatchingWindowInSeconds",
        1,
    ),
    hub("no bound to ingest", "queues_feed_their_functions", "IngestMapping.Properties.ScalingConfig"),
    hub(
        "look is fed by acts",
        "queues_feed_their_functions",
        "LookMapping.Properties.EventSourceArn",
        attribute("ActsQueue"),
    ),
    hub("nothing feeds act", "queues_feed_their_functions", "ActMapping"),
    hub("API Gateway may not call front", "only_the_right_callers_may_invoke", "ApiPermission"),
    hub("any API may call front", "only_the_right_callers_may_invoke", "ApiPermission.Properties.SourceArn"),
    hub("any rule may call sweep", "only_the_right_callers_may_invoke", "SweepPermission.Properties.SourceArn"),
    hub("any account may call front", "only_the_right_callers_may_invoke", "ApiPermission.Properties.Principal", "*"),
    hub(
        "act can be called from outside",
        "only_the_right_callers_may_invoke",
        "ActPermission",
        {"Type": "AWS::Lambda::Permission", "Properties": {"FunctionName": {"Ref": "ActFunction"}, "Principal": "*"}},
    ),
    hub("another path", "slack_reaches_front", "ApiRoute.Properties.RouteKey", "POST /slack"),
    hub("any method", "slack_reaches_front", "ApiRoute.Properties.RouteKey", "ANY /slack/events"),
    hub("another payload format", "slack_reaches_front", "ApiIntegration.Properties.PayloadFormatVersion", "1.0"),
    hub("a flood is let through", "slack_reaches_front", "ApiStage.Properties.DefaultRouteSettings"),
    hub(
        "the route leads to look",
        "slack_reaches_front",
        "ApiIntegration.Properties.IntegrationUri",
        attribute("LookFunction"),
    ),
    hub("the sweep sleeps", "sweep_goes_every_minute", "SweepRule.Properties.State", "DISABLED"),
    hub("the sweep goes hourly", "sweep_goes_every_minute", "SweepRule.Properties.ScheduleExpression", "rate(1 hour)"),
    hub("failed sweeps pile up", "sweep_goes_every_minute", "SweepRetries.Properties.MaximumRetryAttempts", 2),
    hub(
        "silence is no alarm",
        "silence_of_the_sweep_raises_an_alarm",
        "SweepSilentAlarm.Properties.TreatMissingData",
        "missing",
    ),
    hub("errors are no alarm", "silence_of_the_sweep_raises_an_alarm", "SweepFailingAlarm"),
)
