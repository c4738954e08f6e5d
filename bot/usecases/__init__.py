"""What people do in Slack, judged and done through `store`: identify, link, verify, open a ticket, work on one."""
