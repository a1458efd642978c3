"""Breaks that `checks.queues` has to notice."""

from tests.templates.breaking import Break, attribute, hub, rules

BREAKS = (
    hub("a queue is not encrypted", "queues_are_encrypted", "LooksQueue.Properties.SqsManagedSseEnabled"),
    hub("a queue forgets the customer's key", "queues_are_encrypted", "DelayDeadQueue.Properties.KmsMasterKeyId"),
    hub("a queue never gives up", "queues_have_a_dead_letter_queue", "ActsQueue.Properties.RedrivePolicy"),
    hub(
        "a queue gives up at once",
        "queues_have_a_dead_letter_queue",
        "ActsQueue.Properties.RedrivePolicy.maxReceiveCount",
        1,
    ),
    hub(
        "a queue of looks has no tries to spend on gathering",
        "queues_have_a_dead_letter_queue",
        "LooksQueue.Properties.RedrivePolicy.maxReceiveCount",
        5,
    ),
    hub(
        "a FIFO queue's dead letters go to a standard queue",
        "queues_have_a_dead_letter_queue",
        "LooksQueue.Properties.RedrivePolicy.deadLetterTargetArn",
        attribute("DelayDeadQueue"),
    ),
    hub("dead letters go after four days", "dead_letters_are_kept", "ActsDeadQueue.Properties.MessageRetentionPeriod"),
    rules(
        "undelivered events go after four days",
        "dead_letters_are_kept",
        "Undelivered.Properties.MessageRetentionPeriod",
    ),
    hub("dead letters raise no alarm", "dead_letters_raise_an_alarm", "LooksDeadAlarm"),
    hub("the alarm tells nobody", "dead_letters_raise_an_alarm", "DelayDeadAlarm.Properties.AlarmActions"),
    hub("one dead letter is not enough", "dead_letters_raise_an_alarm", "ActsDeadAlarm.Properties.Threshold", 1),
    hub("undelivered events raise no alarm", "the_members_undelivered_raise_an_alarm", "UndeliveredAlarm"),
    hub(
        "the alarm of the undelivered comes and goes",
        "the_members_undelivered_raise_an_alarm",
        "UndeliveredAlarm.Properties.Period",
        300,
    ),
    rules(
        "undelivered events lie where nobody looks",
        "the_members_undelivered_raise_an_alarm",
        "Undelivered.Properties.QueueName",
        "elsewhere",
    ),
    hub("plain HTTP is let in", "queues_refuse_plain_http", "DelayQueuePolicy.Properties.PolicyDocument.Statement.1"),
    hub("a queue has no policy", "queues_refuse_plain_http", "FifoQueuesPolicy.Properties.Queues.3"),
    hub(
        "everybody is denied",
        "queues_refuse_plain_http",
        "FifoQueuesPolicy.Properties.PolicyDocument.Statement.0.Condition",
    ),
    rules(
        "undelivered events come by plain HTTP",
        "queues_refuse_plain_http",
        "UndeliveredPolicy.Properties.PolicyDocument.Statement.1",
    ),
    hub(
        "EventBridge may not write", "only_our_rules_may_send", "DelayQueuePolicy.Properties.PolicyDocument.Statement.0"
    ),
    hub(
        "EventBridge may write for anybody",
        "only_our_rules_may_send",
        "DelayQueuePolicy.Properties.PolicyDocument.Statement.0.Condition",
    ),
    hub(
        "any service may write",
        "only_our_rules_may_send",
        "DelayDeadQueuePolicy.Properties.PolicyDocument.Statement.0.Principal",
        "*",
    ),
    rules(
        "one rule cannot reach its dead-letter queue",
        "only_our_rules_may_send",
        "UndeliveredPolicy.Properties.PolicyDocument.Statement.0.Condition.ArnEquals.aws:SourceArn.2",
    ),
    hub("clusters wait for each other", "fifo_queues_go_group_by_group", "LooksQueue.Properties.FifoThroughputLimit"),
    hub("a dead letter drops another", "fifo_queues_go_group_by_group", "LooksDeadQueue.Properties.DeduplicationScope"),
    hub(
        "equal bodies are dropped",
        "fifo_queues_go_group_by_group",
        "ActsQueue.Properties.ContentBasedDeduplication",
        True,
    ),
    hub("there is no grace", "grace_is_the_queues_delay", "DelayQueue.Properties.DelaySeconds"),
    Break("grace may be an hour", "grace_is_the_queues_delay", "hub", "Parameters.GraceSeconds.MaxValue", 3600),
    hub(
        "a slow look is handed out twice",
        "messages_stay_hidden_long_enough",
        "LooksQueue.Properties.VisibilityTimeout",
        300,
    ),
    hub("a function takes longer", "messages_stay_hidden_long_enough", "ActFunction.Properties.Timeout", 61),
    Break(
        "the window may be longer",
        "messages_stay_hidden_long_enough",
        "hub",
        "Parameters.IngestWindowSeconds.MaxValue",
        300,
    ),
)
